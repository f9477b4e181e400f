package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.server.device.AttemptSnapshot;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.device.SlotSnapshot;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.RolloutBody.CanaryRisk;
import io.tinyfleet.server.rollout.RolloutBody.CurvePoint;
import io.tinyfleet.server.rollout.RolloutBody.Excluded;
import io.tinyfleet.server.rollout.RolloutBody.From;
import io.tinyfleet.server.rollout.RolloutBody.GateCell;
import io.tinyfleet.server.rollout.RolloutBody.GateRow;
import io.tinyfleet.server.rollout.RolloutBody.Point;
import io.tinyfleet.server.rollout.RolloutBody.Preview;
import io.tinyfleet.server.rollout.RolloutBody.Received;
import io.tinyfleet.server.rollout.RolloutBody.VerbState;
import io.tinyfleet.server.rollout.RolloutBody.WaveBody;
import io.tinyfleet.server.rollout.RolloutBody.WaveSize;
import io.tinyfleet.server.rollout.engine.CanaryGate;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Engine;
import io.tinyfleet.server.rollout.engine.Gate;
import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import io.tinyfleet.server.rollout.engine.GateName;
import io.tinyfleet.server.rollout.engine.InstallGate;
import io.tinyfleet.server.rollout.engine.RolloutPlan;
import io.tinyfleet.server.rollout.engine.Snapshot;
import io.tinyfleet.server.rollout.engine.Sprt;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** One rollout in full: its page, its devices, its history. */
@ApplicationScoped
class ShowRollout {
    private static final int SAMPLE_DEVICES = 20;
    /** The failure share of a good model, for which the canary's price is told. */
    private static final double GOOD = 0.01;

    private static final List<Double> CURVE =
            List.of(0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.10, 0.15, 0.20, 0.30, 0.50);

    private final RolloutRepository repository;
    private final RolloutStep step;
    private final ShowRollouts lists;
    private final DeviceDirectory devices;
    private final JsonColumns json;

    ShowRollout(
            RolloutRepository repository,
            RolloutStep step,
            ShowRollouts lists,
            DeviceDirectory devices,
            JsonColumns json) {
        this.repository = repository;
        this.step = step;
        this.lists = lists;
        this.devices = devices;
        this.json = json;
    }

    @Transactional
    RolloutBody get(UUID id, boolean withPreview) {
        RolloutEntity row = find(id);
        StoredRollout rollout = step.read(row);
        ShowRollouts.Tallies tallies = lists.tallies(List.of(id));
        List<Integer> sizes = rollout.waves().stream().map(wave -> wave.size).toList();
        List<Excluded> excluded = excluded(rollout.members());
        RolloutPlan plan = rollout.plan();
        return new RolloutBody(
                row.id.toString(),
                row.name,
                row.state.name(),
                ShowRollouts.reason(row),
                ShowRollouts.release(row),
                from(rollout.members()),
                row.slot,
                row.author,
                row.createdAt,
                Optional.ofNullable(row.startedAt),
                Optional.ofNullable(row.endedAt),
                row.version,
                tallies.of(id),
                excluded,
                waves(rollout, tallies),
                Engine.GATES.stream()
                        .map(gate ->
                                new GateRow(gate.name().value(), gate.title(), gate.limitSentence(plan, sizes.get(0))))
                        .toList(),
                verbs(rollout),
                withPreview ? Optional.of(preview(rollout, plan, sizes, excluded)) : Optional.empty());
    }

    private RolloutEntity find(UUID id) {
        return repository.findByIdOptional(id).orElseThrow(() -> Problem.notFound("rollout", id));
    }

    // ---- parts of the page

    private static List<From> from(List<MemberEntity> members) {
        Map<List<String>, Long> counts = members.stream()
                .filter(member -> member.state != DeviceStateName.SKIPPED)
                .filter(member -> member.fromModel != null && member.fromVersion != null)
                .collect(Collectors.groupingBy(
                        member -> List.of(String.valueOf(member.fromModel), String.valueOf(member.fromVersion)),
                        LinkedHashMap::new,
                        Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> new From(entry.getKey().get(0), entry.getKey().get(1), entry.getValue()))
                .sorted((one, other) -> Long.compare(other.devices(), one.devices()))
                .toList();
    }

    private static List<Excluded> excluded(List<MemberEntity> members) {
        Map<List<String>, List<String>> byReason = members.stream()
                .filter(member -> member.state == DeviceStateName.SKIPPED)
                .collect(Collectors.groupingBy(
                        member -> List.of(member.causeCode, member.causeDetail),
                        LinkedHashMap::new,
                        Collectors.mapping(member -> member.deviceId, Collectors.toList())));
        return byReason.entrySet().stream()
                .map(entry -> new Excluded(
                        entry.getKey().get(0),
                        entry.getKey().get(1),
                        entry.getValue().size(),
                        entry.getValue().stream().sorted().limit(SAMPLE_DEVICES).toList()))
                .sorted((one, other) -> Long.compare(other.count(), one.count()))
                .toList();
    }

    private List<WaveBody> waves(StoredRollout rollout, ShowRollouts.Tallies tallies) {
        Snapshot snapshot = rollout.snapshot(json);
        List<Opinion> opinions =
                Engine.evidence(snapshot, Map.of(), 0, GateName.INSTALL).opinions();
        Map<Integer, Instant> finished = new HashMap<>();
        for (MemberEntity member : rollout.members()) {
            Instant at = member.finishedAt == null ? member.updatedAt : member.finishedAt;
            if (member.offerOrder != null) {
                finished.put(member.offerOrder, at);
            }
            if (member.firstOrder != null) {
                finished.put(member.firstOrder, at);
            }
        }
        return rollout.waves().stream()
                .map(wave -> new WaveBody(
                        wave.index,
                        wave.name,
                        wave.size,
                        wave.state.name(),
                        Optional.ofNullable(wave.openedAt),
                        Optional.ofNullable(wave.soakEndsAt),
                        tallies.of(rollout.row().id, wave.index),
                        tallies.marks(rollout.row().id, wave.index),
                        received(rollout, wave.index),
                        cells(rollout, wave.index, path(rollout, opinions, wave.index), finished)))
                .toList();
    }

    /** Absent when nobody in the wave is downloading. */
    private Optional<Received> received(StoredRollout rollout, int wave) {
        Map<DeviceId, MemberEntity> downloading = rollout.members().stream()
                .filter(member -> member.wave == wave && member.state == DeviceStateName.DOWNLOADING)
                .collect(Collectors.toMap(MemberEntity::device, member -> member));
        if (downloading.isEmpty()) {
            return Optional.empty();
        }
        long done = 0;
        long total = 0;
        for (DeviceSnapshot device : devices.list(downloading.keySet())) {
            DeviceBody body =
                    device(Objects.requireNonNull(downloading.get(device.id())), Optional.of(device), rollout.row());
            done += body.bytesDone();
            total += body.bytesTotal();
        }
        return Optional.of(new Received(downloading.size(), done, total));
    }

    /** What the install test had read by the end of a wave. */
    private static List<InstallGate.Point> path(StoredRollout rollout, List<Opinion> opinions, int wave) {
        List<Opinion> soFar = opinions.stream()
                .filter(opinion -> opinion.place().wave() <= wave)
                .toList();
        return InstallGate.path(rollout.planned().install().test(), soFar);
    }

    private List<GateCell> cells(
            StoredRollout rollout, int wave, List<InstallGate.Point> path, Map<Integer, Instant> finished) {
        Map<String, VerdictEntity> verdicts = rollout.judged().verdicts().stream()
                .filter(verdict -> verdict.wave == wave)
                .collect(Collectors.toMap(verdict -> verdict.gate, verdict -> verdict));
        return Engine.GATES.stream()
                .map(Gate::name)
                .flatMap(name -> Optional.ofNullable(verdicts.get(name.value())).stream())
                .map(verdict -> new GateCell(
                        verdict.gate,
                        verdict.verdict.name(),
                        verdict.sentence,
                        json.evidenceBody(verdict.evidence),
                        verdict.at,
                        verdict.gate.equals(GateName.INSTALL.value())
                                ? path.stream()
                                        .map(point -> new Point(
                                                finished.getOrDefault(point.order(), verdict.at), point.llr()))
                                        .toList()
                                : List.of()))
                .toList();
    }

    private static Map<String, VerbState> verbs(StoredRollout rollout) {
        Verb.Situation now = ActOnRollout.situation(rollout.row(), rollout.waves(), rollout.members());
        Map<String, VerbState> verbs = new TreeMap<>();
        for (Verb verb : Verb.values()) {
            Optional<String> why = verb.refusal(now);
            verbs.put(verb.word(), new VerbState(why.isEmpty(), why));
        }
        return verbs;
    }

    private static Preview preview(
            StoredRollout rollout, RolloutPlan plan, List<Integer> sizes, List<Excluded> excluded) {
        int eligible = sizes.stream().mapToInt(Integer::intValue).sum();
        Sprt test = plan.install();
        return new Preview(
                eligible,
                excluded,
                new CanaryRisk(GOOD, CanaryGate.risk(plan, sizes, GOOD)),
                rollout.waves().stream()
                        .map(wave -> new WaveSize(wave.name, wave.size))
                        .toList(),
                CURVE.stream()
                        .map(share -> new CurvePoint(share, test.stoppedShare(share, Math.min(eligible, 2_000))))
                        .toList());
    }

    // ---- devices

    record DeviceBody(
            String deviceId,
            int wave,
            Optional<Integer> offerOrder,
            String state,
            Optional<String> reason,
            Optional<String> detail,
            long bytesDone,
            long bytesTotal,
            Instant updatedAt,
            boolean online) {}

    record DevicePage(List<DeviceBody> items, long total, Optional<String> nextCursor) {}

    @Transactional
    DevicePage devices(UUID id, MemberFilter filter, int aboveRank, int limit) {
        RolloutEntity row = find(id);
        List<MemberEntity> members = repository.page(id, filter, aboveRank, limit + 1);
        boolean more = members.size() > limit;
        List<MemberEntity> shown = more ? members.subList(0, limit) : members;
        Map<DeviceId, DeviceSnapshot> seen = devices
                .list(shown.stream().map(MemberEntity::device).toList())
                .stream()
                .collect(Collectors.toMap(DeviceSnapshot::id, device -> device));
        Optional<String> cursor =
                more ? Optional.of(Integer.toString(shown.get(shown.size() - 1).rank)) : Optional.empty();
        return new DevicePage(
                shown.stream()
                        .map(member -> device(member, Optional.ofNullable(seen.get(member.device())), row))
                        .toList(),
                repository.count(id, filter),
                cursor);
    }

    private static DeviceBody device(MemberEntity member, Optional<DeviceSnapshot> seen, RolloutEntity row) {
        Optional<AttemptSnapshot> attempt = seen.flatMap(
                        device -> Optional.ofNullable(device.slots().get(new SlotName(row.slot))))
                .flatMap(SlotSnapshot::attempt)
                .filter(said -> said.id().value().equals(member.attemptId));
        return new DeviceBody(
                member.deviceId,
                member.wave,
                Optional.ofNullable(member.offerOrder),
                member.state.name(),
                Optional.of(member.causeCode).filter(code -> !code.isBlank()),
                Optional.of(member.causeDetail).filter(detail -> !detail.isBlank()),
                attempt.map(AttemptSnapshot::bytesDone).orElse(0L),
                attempt.map(AttemptSnapshot::bytesTotal).orElse(0L),
                member.updatedAt,
                seen.filter(DeviceSnapshot::online).isPresent());
    }

    // ---- history

    record EventBody(
            long id,
            Instant at,
            String actor,
            String kind,
            String sentence,
            Optional<Integer> wave,
            Optional<String> deviceId,
            Optional<EvidenceBody> evidence) {}

    record EventPage(List<EventBody> items) {}

    @Transactional
    EventPage events(UUID id, boolean minorToo, int limit) {
        find(id);
        return new EventPage(repository.history(id, minorToo, limit).stream()
                .map(step -> new EventBody(
                        step.id == null ? 0 : step.id,
                        step.at,
                        step.actor,
                        step.kind,
                        step.sentence,
                        Optional.ofNullable(step.wave),
                        Optional.ofNullable(step.deviceId),
                        Optional.ofNullable(step.evidence).map(json::evidenceBody)))
                .toList());
    }
}
