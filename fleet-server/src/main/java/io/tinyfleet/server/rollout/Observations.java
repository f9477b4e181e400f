package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.server.device.AttemptSnapshot;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.device.SlotSnapshot;
import io.tinyfleet.server.rollout.engine.AttemptReport;
import io.tinyfleet.server.rollout.engine.Cause;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Observation;
import io.tinyfleet.server.rollout.engine.Presence;
import io.tinyfleet.server.rollout.engine.ReportedPhase;
import io.tinyfleet.server.rollout.engine.RolloutStateName;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads what the devices of a rollout say. */
@ApplicationScoped
class Observations {
    /** Failures that a device reports before it had the artifact whole. */
    private static final Set<String> BEFORE_VERIFIED = Set.of(
            "release-refused",
            "variant-not-in-release",
            "no-usable-encoding",
            "size-mismatch",
            "bad-chunk-list",
            "chunks-refused",
            "blob-unavailable",
            "blob-refused",
            "download-failed",
            "disk-full",
            "disk-read-only",
            "disk-failed");

    /** Failures of a trial or later, whatever the counters of the download say. */
    private static final Set<String> AFTER_VERIFIED = Set.of(
            "self-test-failed",
            "self-test-unreadable",
            "load-failed",
            "pipeline-mismatch",
            "over-ram-budget",
            "over-latency-budget",
            "worker-crashed",
            "worker-out-of-memory",
            "worker-timeout",
            "over-memory-limit",
            "crash-loop");

    private final DeviceDirectory devices;

    Observations(DeviceDirectory devices) {
        this.devices = devices;
    }

    Map<DeviceId, Observation> read(StoredRollout rollout) {
        Map<DeviceId, MemberEntity> asked = rollout.members().stream()
                .filter(member -> matters(member, rollout.row()))
                .collect(Collectors.toMap(MemberEntity::device, Function.identity()));
        List<DeviceSnapshot> seen;
        try {
            seen = devices.list(asked.keySet());
        } catch (RuntimeException unreadable) {
            throw new EvidenceUnreadableException("what the devices report cannot be read", unreadable);
        }
        Map<DeviceId, Observation> observations = new HashMap<>();
        for (DeviceSnapshot device : seen) {
            MemberEntity member = asked.get(device.id());
            if (member != null) {
                observations.put(device.id(), observation(device, member, rollout.row()));
            }
        }
        return observations;
    }

    /** A finished device says nothing more, and one of a later wave is not asked yet. */
    private static boolean matters(MemberEntity member, RolloutEntity rollout) {
        if (member.state == DeviceStateName.PENDING) {
            return member.wave <= rollout.currentWave + 1;
        }
        boolean onNew = member.state == DeviceStateName.HEALTHY || member.state == DeviceStateName.IDLE;
        return member.state.isInFlight() || (onNew && rollout.state == RolloutStateName.ROLLING_BACK);
    }

    static Observation observation(DeviceSnapshot device, MemberEntity member, RolloutEntity rollout) {
        Optional<SlotSnapshot> slot = Optional.ofNullable(device.slots().get(new SlotName(rollout.slot)));
        Optional<Digest> variant = member.variant();
        boolean runsTarget = slot.flatMap(SlotSnapshot::active)
                .filter(active -> active.release().value().equals(rollout.releaseId)
                        && variant.filter(active.artifact()::equals).isPresent())
                .isPresent();
        return new Observation(
                switch (device.presence()) {
                    case ONLINE -> Presence.ONLINE;
                    case OFFLINE -> Presence.OFFLINE;
                    case UNKNOWN -> Presence.UNKNOWN;
                },
                device.onlineSeconds(),
                slot.flatMap(SlotSnapshot::attempt).flatMap(Observations::report),
                runsTarget,
                Eligibility.obstacle(device));
    }

    static Optional<AttemptReport> report(AttemptSnapshot attempt) {
        return phase(attempt.phase())
                .map(phase -> new AttemptReport(
                        attempt.id(), phase, new Cause(attempt.reason(), attempt.detail()), isVerified(attempt)));
    }

    /** An unknown failure is held against the artifact unless the download was plainly not complete. */
    private static boolean isVerified(AttemptSnapshot attempt) {
        boolean complete = attempt.bytesDone() >= attempt.bytesTotal();
        boolean unknown = !BEFORE_VERIFIED.contains(attempt.reason()) && !AFTER_VERIFIED.contains(attempt.reason());
        return AFTER_VERIFIED.contains(attempt.reason()) || (unknown && complete);
    }

    private static Optional<ReportedPhase> phase(Phase phase) {
        return switch (phase) {
            case ACCEPTED -> Optional.of(ReportedPhase.ACCEPTED);
            case DOWNLOADING -> Optional.of(ReportedPhase.DOWNLOADING);
            case VERIFIED -> Optional.of(ReportedPhase.VERIFIED);
            case SHADOWING -> Optional.of(ReportedPhase.SHADOWING);
            case ACTIVATING -> Optional.of(ReportedPhase.ACTIVATING);
            case PROBATION -> Optional.of(ReportedPhase.PROBATION);
            case HEALTHY -> Optional.of(ReportedPhase.HEALTHY);
            case FAILED -> Optional.of(ReportedPhase.FAILED);
            case ROLLED_BACK -> Optional.of(ReportedPhase.ROLLED_BACK);
            case REJECTED -> Optional.of(ReportedPhase.REJECTED);
            case IDLE -> Optional.of(ReportedPhase.IDLE);
            case SHADOWED, PHASE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        };
    }
}
