package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.registry.variant.Candidate;
import io.tinyfleet.registry.variant.Choice;
import io.tinyfleet.registry.variant.Measurements;
import io.tinyfleet.registry.variant.VariantChooser;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.device.InstalledArtifactView;
import io.tinyfleet.server.device.SlotSnapshot;
import io.tinyfleet.server.model.ReleaseView;
import io.tinyfleet.server.rollout.RolloutRepository.Failure;
import io.tinyfleet.server.rollout.engine.Cause;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Which devices a rollout may offer its release to, and why not the others. Pure. */
final class Eligibility {
    static final String ALREADY_ON_IT = "already-on-it";
    static final String NO_VARIANT = "no-variant-fits";
    static final String OTHER_ROLLOUT = "in-another-rollout";
    static final String QUARANTINED = "quarantined";
    static final String RETIRED = "retired";
    static final String PENALTY_BOX = "penalty-box";
    static final String BELOW_FLOOR = "below-floor";
    static final String NO_WAVE = "in-no-wave";
    static final String NEVER_HEARD = "never-heard";

    /** What the fleet says beside the device itself. */
    record Circumstances(Map<DeviceId, String> heldByOthers, Map<DeviceId, Failure> failures, long floor) {}

    /**
     * One device.
     *
     * @param variant the file it would get
     * @param excluded empty for an eligible device
     */
    record Candidacy(
            DeviceSnapshot device,
            Optional<Digest> variant,
            Optional<InstalledArtifactView> runs,
            Optional<Cause> excluded) {}

    private final ReleaseView release;
    private final SlotName slot;
    private final Circumstances circumstances;

    Eligibility(ReleaseView release, SlotName slot, Circumstances circumstances) {
        this.release = release;
        this.slot = slot;
        this.circumstances = circumstances;
    }

    Candidacy of(DeviceSnapshot device) {
        Optional<SlotSnapshot> slotSnapshot = Optional.ofNullable(device.slots().get(slot));
        Optional<InstalledArtifactView> runs = slotSnapshot.flatMap(SlotSnapshot::active);
        Choice choice = VariantChooser.choose(
                release.manifest(),
                new Candidate(device.facts(), Candidate.of(device.facts()).freeRamBytes(), held(slotSnapshot)),
                Measurements.none());
        Optional<Digest> variant = choice instanceof Choice.Chosen chosen
                ? Optional.of(Digest.fromBytes(chosen.variant().getTarget().getSha256()))
                : Optional.empty();
        return new Candidacy(device, variant, runs, excluded(device, runs, choice));
    }

    private static Set<Digest> held(Optional<SlotSnapshot> slot) {
        Set<Digest> held = new HashSet<>();
        slot.flatMap(SlotSnapshot::active).map(InstalledArtifactView::artifact).ifPresent(held::add);
        slot.flatMap(SlotSnapshot::previous)
                .map(InstalledArtifactView::artifact)
                .ifPresent(held::add);
        return held;
    }

    private Optional<Cause> excluded(DeviceSnapshot device, Optional<InstalledArtifactView> runs, Choice choice) {
        Optional<Cause> obstacle = obstacle(device);
        if (obstacle.isPresent()) {
            return obstacle;
        }
        if (runs.filter(active -> active.release().equals(release.id())).isPresent()) {
            return cause(ALREADY_ON_IT, "runs " + release.model() + " " + release.version() + " already");
        }
        if (device.facts().getRuntimesCount() == 0 && device.lastSeen().isEmpty()) {
            return cause(NEVER_HEARD, "was never heard of, so nothing is known of what it can run");
        }
        if (choice instanceof Choice.NoneFits none) {
            return cause(NO_VARIANT, sentence(none));
        }
        long security = release.manifest().getSecurityVersion();
        if (security < circumstances.floor()) {
            return cause(
                    BELOW_FLOOR,
                    "would refuse it: the release has security version " + security + ", the floor of "
                            + release.model() + " is " + circumstances.floor());
        }
        String other = circumstances.heldByOthers().get(device.id());
        if (other != null) {
            return cause(OTHER_ROLLOUT, "is in the rollout \"" + other + "\" for this slot");
        }
        Failure failure = circumstances.failures().get(device.id());
        if (failure != null) {
            return cause(
                    PENALTY_BOX, "failed with this release before (" + failure.code() + "); retry-failed tries again");
        }
        return Optional.empty();
    }

    /** What keeps a device out of every offer, whatever the release. */
    static Optional<Cause> obstacle(DeviceSnapshot device) {
        if (device.retired()) {
            return cause(RETIRED, "is retired");
        }
        if (device.quarantined()) {
            return cause(QUARANTINED, "is in quarantine: kept on its model, offered nothing");
        }
        return Optional.empty();
    }

    private static String sentence(Choice.NoneFits none) {
        List<String> sentences = none.rejections().stream()
                .map(rejection -> rejection.variant() + " " + rejection.sentence())
                .toList();
        return sentences.isEmpty()
                ? "the release has no variant"
                : sentences.stream().distinct().collect(Collectors.joining("; "));
    }

    private static Optional<Cause> cause(String code, String detail) {
        return Optional.of(new Cause(code, detail));
    }
}
