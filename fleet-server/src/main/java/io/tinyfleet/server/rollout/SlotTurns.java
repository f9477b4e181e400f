package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.UuidV7;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.server.delivery.DesiredStates;
import io.tinyfleet.server.delivery.ModelFloors;
import io.tinyfleet.server.delivery.ProbationPlan;
import io.tinyfleet.server.delivery.SlotContent;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.InstalledArtifactView;
import io.tinyfleet.server.device.SlotSnapshot;
import io.tinyfleet.server.model.ReleaseDirectory;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.Optional;

/** Turns a device's slot to the new artifact and back. Works in the caller's transaction. */
@ApplicationScoped
class SlotTurns {
    private static final ProbationPlan NONE = new ProbationPlan(0, 0, 0);

    private final DesiredStates desired;
    private final DeviceDirectory devices;
    private final ReleaseDirectory releases;
    private final ModelFloors floors;
    private final JsonColumns json;
    private final InstantSource clock;

    SlotTurns(
            DesiredStates desired,
            DeviceDirectory devices,
            ReleaseDirectory releases,
            ModelFloors floors,
            JsonColumns json,
            InstantSource clock) {
        this.desired = desired;
        this.devices = devices;
        this.releases = releases;
        this.floors = floors;
        this.json = json;
        this.clock = clock;
    }

    void offer(MemberEntity member, RolloutEntity rollout, PlannedRollout plan, AttemptId attempt) {
        SlotName slot = new SlotName(rollout.slot);
        member.prior =
                prior(member, slot, plan).map(PriorContent::of).map(json::write).orElse(null);
        Digest variant = member.variant()
                .orElseThrow(() -> new IllegalStateException(member.deviceId + " has no variant that fits"));
        desired.want(
                member.device(),
                slot,
                new SlotContent(
                        attempt,
                        member.retry,
                        new ReleaseId(rollout.releaseId),
                        variant,
                        plan.probation().plan(),
                        DesiredReason.OFFER,
                        plan.windowSeconds()));
    }

    /**
     * Back to what the slot held before. No download: the device still holds it.
     *
     * @param activated the device may run the new artifact; a device that never did only drops the offer
     * @return why the device is not sent back and stays on the new artifact; empty when it is
     */
    Optional<String> back(MemberEntity member, RolloutEntity rollout, boolean activated) {
        SlotName slot = new SlotName(rollout.slot);
        Optional<PriorContent> prior = json.prior(member.prior);
        if (prior.isEmpty()) {
            desired.clear(member.device(), slot);
            return Optional.empty();
        }
        Optional<String> refused =
                activated ? belowFloor(ReleaseId.parse(prior.get().releaseId())) : Optional.empty();
        if (refused.isPresent()) {
            return refused;
        }
        AttemptId attempt = new AttemptId(UuidV7.next(clock));
        desired.want(
                member.device(),
                slot,
                activated ? prior.get().rolledBack(attempt) : prior.get().withdrawn());
        return Optional.empty();
    }

    /** The device would refuse it too: a model goes back, but never under its floor. */
    private Optional<String> belowFloor(ReleaseId release) {
        return releases.find(release).flatMap(prior -> {
            long floor = floors.floorOf(prior.model());
            long security = prior.manifest().getSecurityVersion();
            return security < floor
                    ? Optional.of(Eligibility.BELOW_FLOOR + ": " + prior.model() + " " + prior.version()
                            + " has security version " + security + ", the floor is " + floor)
                    : Optional.empty();
        });
    }

    /**
     * What the device runs now; what it was asked to run only counts when it does run it. A model that no known release
     * holds (a factory model) is nothing that can be asked for again.
     */
    private Optional<SlotContent> prior(MemberEntity member, SlotName slot, PlannedRollout plan) {
        Optional<SlotContent> wanted = desired.find(member.device(), slot);
        Optional<InstalledArtifactView> active = devices.find(member.device())
                .flatMap(device -> Optional.ofNullable(device.slots().get(slot)))
                .flatMap(SlotSnapshot::active);
        if (active.isEmpty()) {
            return Optional.empty();
        }
        boolean runsWanted = wanted.filter(
                        content -> content.variant().equals(active.get().artifact()))
                .isPresent();
        if (runsWanted) {
            return wanted;
        }
        return releases.find(active.get().release())
                .map(release -> new SlotContent(
                        new AttemptId(UuidV7.next(clock)),
                        false,
                        release.id(),
                        active.get().artifact(),
                        NONE,
                        DesiredReason.ROLLBACK,
                        plan.windowSeconds()));
    }
}
