package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.server.delivery.ModelFloors;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceFilter;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.Eligibility.Candidacy;
import io.tinyfleet.server.rollout.engine.Cause;
import io.tinyfleet.server.rollout.engine.DeviceInRollout;
import io.tinyfleet.server.rollout.engine.DeviceState;
import io.tinyfleet.server.rollout.engine.Exposure;
import io.tinyfleet.server.rollout.engine.RolloutState;
import io.tinyfleet.server.rollout.engine.WaveOrder;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Plans a rollout: who is eligible, who is not and why, who is in which wave. What is stored here is what start starts. */
@ApplicationScoped
class PlanRollout {
    private final RolloutRepository repository;
    private final ReleaseDirectory releases;
    private final DeviceDirectory devices;
    private final ModelFloors floors;
    private final RolloutHistory history;
    private final RolloutStep step;
    private final JsonColumns json;
    private final InstantSource clock;

    PlanRollout(
            RolloutRepository repository,
            ReleaseDirectory releases,
            DeviceDirectory devices,
            ModelFloors floors,
            RolloutHistory history,
            RolloutStep step,
            JsonColumns json,
            InstantSource clock) {
        this.repository = repository;
        this.releases = releases;
        this.devices = devices;
        this.floors = floors;
        this.history = history;
        this.step = step;
        this.json = json;
        this.clock = clock;
    }

    /** @param dryRun only a draft, to be looked at; it is dropped some day unless it is started */
    @Transactional
    UUID plan(RolloutRequest request, boolean dryRun, String author) {
        PlanRules.Checked checked = PlanRules.check(request);
        ReleaseView release = releases.find(checked.release())
                .orElseThrow(() -> Problem.invalid("releaseId", "names no release", checked.release()));
        if (!releases.isLive(release.id())) {
            throw Problem.conflict(
                    "release-withdrawn",
                    release.model() + " " + release.version() + " is withdrawn and offered to nobody. Reinstate it or"
                            + " take another version.");
        }
        List<DeviceSnapshot> matching = matching(checked.plan().filter());
        Instant now = clock.instant();
        UUID id = UuidV7.next(clock);
        RolloutState draft = new RolloutState.Draft();
        RolloutEntity row = new RolloutEntity(id, dryRun ? draft : new RolloutState.Draft().accept(), author, now);
        row.name = checked.name().orElse(release.model() + " " + release.version());
        row.releaseId = release.id().value();
        row.model = release.model();
        row.releaseVersion = release.version();
        row.slot = checked.plan().slot();
        row.plan = json.write(checked.plan());
        repository.save(row);
        saveMembers(row, checked.plan(), release, matching, now);
        if (!dryRun) {
            history.note(row, now, author, "planned", author + " planned " + row.model + " " + row.releaseVersion);
            step.tell(row);
        }
        return id;
    }

    private List<DeviceSnapshot> matching(PlannedRollout.Filter filter) {
        Set<DeviceId> asked = filter.devices().stream().map(DeviceId::new).collect(Collectors.toUnmodifiableSet());
        List<DeviceSnapshot> matching = devices.listAll(new DeviceFilter(asked, Set.copyOf(filter.hardware())));
        Set<String> unknown = new TreeSet<>(filter.devices());
        if (!asked.isEmpty()) {
            devices.list(asked).forEach(device -> unknown.remove(device.id().value()));
            if (!unknown.isEmpty()) {
                throw Problem.invalid("filter.devices", "names devices that do not exist", String.join(", ", unknown));
            }
        }
        if (matching.isEmpty()) {
            throw Problem.invalid("filter", "matches no device", filter.toString());
        }
        return matching;
    }

    private void saveMembers(
            RolloutEntity row, PlannedRollout plan, ReleaseView release, List<DeviceSnapshot> matching, Instant now) {
        SlotName slot = new SlotName(row.slot);
        Eligibility eligibility = new Eligibility(
                release,
                slot,
                new Eligibility.Circumstances(
                        repository.heldByOthers(row.id, row.slot),
                        repository.failures(row.releaseId, row.slot),
                        floors.floorOf(row.model)));
        Map<DeviceId, Candidacy> candidacies = new LinkedHashMap<>();
        matching.forEach(device -> candidacies.put(device.id(), eligibility.of(device)));
        List<DeviceId> order = WaveOrder.order(
                row.id,
                candidacies.values().stream()
                        .filter(candidacy -> candidacy.excluded().isEmpty())
                        .map(candidacy -> new WaveOrder.Candidate(
                                candidacy.device().id(), candidacy.device().hardwareClass()))
                        .toList());
        List<Integer> sizes = WaveOrder.sizes(order.size(), plan.asked());
        saveWaves(row, plan, sizes);
        Map<DeviceId, Integer> waves = wavesOf(order, sizes);
        Set<DeviceId> eligibleFirst = new LinkedHashSet<>(order);
        eligibleFirst.addAll(candidacies.keySet());
        List<DeviceId> ranked = List.copyOf(eligibleFirst);
        Set<DeviceId> failedOnOther = failedWithTheSameFile(row, candidacies.values());
        for (int rank = 0; rank < ranked.size(); rank++) {
            Candidacy candidacy = Optional.ofNullable(candidacies.get(ranked.get(rank)))
                    .orElseThrow(() -> new IllegalStateException("a ranked device is a candidate"));
            MemberEntity member = member(row, candidacy, Optional.ofNullable(waves.get(ranked.get(rank))), rank, now);
            // Another release is another claim about the same file: its first offer is the word that opens the box.
            member.retry = failedOnOther.contains(candidacy.device().id());
            repository.save(member);
        }
    }

    private Set<DeviceId> failedWithTheSameFile(RolloutEntity row, Iterable<Candidacy> candidacies) {
        Map<Digest, Set<DeviceId>> byFile = new HashMap<>();
        candidacies.forEach(candidacy -> candidacy
                .variant()
                .ifPresent(file -> byFile.computeIfAbsent(file, digest -> new HashSet<>())
                        .add(candidacy.device().id())));
        Set<DeviceId> failed = new HashSet<>();
        byFile.forEach((file, asked) -> {
            Set<DeviceId> before = new HashSet<>(repository.failedWithFileOfOtherRelease(
                    row.releaseId, row.slot, file.toBytes().toByteArray()));
            before.retainAll(asked);
            failed.addAll(before);
        });
        return failed;
    }

    private void saveWaves(RolloutEntity row, PlannedRollout plan, List<Integer> sizes) {
        for (int index = 0; index < sizes.size(); index++) {
            PlannedRollout.Wave wave = plan.waves().get(index);
            WaveEntity stored = new WaveEntity(row.id, index, wave.name(), sizes.get(index));
            stored.maxInFlight = wave.maxInFlight();
            stored.soakSeconds = wave.soakSeconds();
            stored.minDevices = wave.needed(sizes.get(index));
            repository.save(stored);
        }
    }

    private static Map<DeviceId, Integer> wavesOf(List<DeviceId> order, List<Integer> sizes) {
        Map<DeviceId, Integer> waves = new HashMap<>();
        int next = 0;
        for (int wave = 0; wave < sizes.size(); wave++) {
            for (int k = 0; k < sizes.get(wave); k++) {
                waves.put(order.get(next), wave);
                next++;
            }
        }
        return waves;
    }

    private static MemberEntity member(
            RolloutEntity row, Candidacy candidacy, Optional<Integer> wave, int rank, Instant now) {
        Optional<Cause> left = candidacy.excluded().isPresent() || wave.isPresent()
                ? candidacy.excluded()
                : Optional.of(new Cause(
                        Eligibility.NO_WAVE, "is in no wave: the waves take fewer devices than are eligible"));
        DeviceState.Pending pending = new DeviceState.Pending();
        DeviceInRollout device = new DeviceInRollout(
                candidacy.device().id(),
                candidacy.device().hardwareClass(),
                wave.orElse(DeviceInRollout.NO_WAVE),
                left.<DeviceState>map(pending::skip).orElse(pending),
                Exposure.NONE);
        MemberEntity member = new MemberEntity(row.id, device, rank, now);
        member.variantSha256 = candidacy
                .variant()
                .map(digest -> digest.toBytes().toByteArray())
                .orElse(null);
        member.fromModel = candidacy.runs().map(active -> active.model()).orElse(null);
        member.fromVersion = candidacy.runs().map(active -> active.version()).orElse(null);
        return member;
    }
}
