package io.tinyfleet.server.device;

import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.server.device.DeviceRow.StateReason;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The one word for how a device does. What a person decided comes first, then whether it is there at all, then what it
 * is doing, then how well.
 */
final class DeviceStateRule {
    /** Of the inferences of the newest window. */
    static final double FAILING_SHARE = 0.5;

    static final double DEGRADED_SHARE = 0.01;

    private static final Set<Phase> UPDATING = Set.of(
            Phase.ACCEPTED, Phase.DOWNLOADING, Phase.VERIFIED, Phase.SHADOWING, Phase.ACTIVATING, Phase.PROBATION);
    private static final Set<Phase> UNSUCCESSFUL = Set.of(Phase.FAILED, Phase.ROLLED_BACK, Phase.REJECTED);

    private DeviceStateRule() {}

    static StateReason derive(DeviceRow device) {
        if (device.retiredAt() != null) {
            return new StateReason(DeviceState.RETIRED, "taken out of the fleet");
        }
        if (device.quarantinedAt() != null) {
            return new StateReason(DeviceState.QUARANTINED, device.quarantineReason());
        }
        PresenceRecord presence = device.presence();
        if (presence.presence() != DevicePresence.ONLINE) {
            DeviceState state =
                    presence.presence() == DevicePresence.OFFLINE ? DeviceState.OFFLINE : DeviceState.UNKNOWN;
            return new StateReason(state, presence.reason());
        }
        List<SlotRow> slots = List.copyOf(new TreeMap<>(device.slots()).values());
        return slots.stream()
                .flatMap(slot -> failing(slot).stream())
                .findFirst()
                .or(() ->
                        slots.stream().flatMap(slot -> updating(slot).stream()).findFirst())
                .or(() -> Optional.ofNullable(device.trouble())
                        .map(trouble -> new StateReason(DeviceState.DEGRADED, trouble.sentence())))
                .or(() ->
                        slots.stream().flatMap(slot -> degraded(slot).stream()).findFirst())
                .orElseGet(() -> healthy(slots));
    }

    private static Optional<StateReason> failing(SlotRow slot) {
        Double failed = slot.currentFigures().failedShare();
        if (failed != null && failed >= FAILING_SHARE) {
            return Optional.of(new StateReason(DeviceState.FAILING, share(slot, failed)));
        }
        AttemptSnapshot attempt = slot.attempt();
        if (slot.active() != null || attempt == null || !UNSUCCESSFUL.contains(attempt.phase())) {
            return Optional.empty();
        }
        return Optional.of(new StateReason(DeviceState.FAILING, slot.slot() + ": no model runs, " + refusal(attempt)));
    }

    private static Optional<StateReason> updating(SlotRow slot) {
        AttemptSnapshot attempt = slot.attempt();
        return attempt != null && UPDATING.contains(attempt.phase())
                ? Optional.of(new StateReason(
                        DeviceState.UPDATING,
                        slot.slot() + ": " + attempt.phase().name().toLowerCase(Locale.ROOT)))
                : Optional.empty();
    }

    private static Optional<StateReason> degraded(SlotRow slot) {
        SlotRow.Figures figures = slot.currentFigures();
        Double failed = figures.failedShare();
        if (failed != null && failed >= DEGRADED_SHARE) {
            return Optional.of(new StateReason(DeviceState.DEGRADED, share(slot, failed)));
        }
        InputSnapshot input = slot.input();
        if (input != null && input.state() != InputSnapshot.State.FLOWING) {
            String word = input.state().name().toLowerCase(Locale.ROOT);
            return Optional.of(new StateReason(
                    DeviceState.DEGRADED, slot.slot() + ": the input is " + word + ", " + input.reason()));
        }
        return figures.throttled()
                ? Optional.of(new StateReason(DeviceState.DEGRADED, slot.slot() + ": the board throttles"))
                : Optional.empty();
    }

    private static StateReason healthy(List<SlotRow> slots) {
        return new StateReason(
                DeviceState.HEALTHY,
                slots.stream()
                        .flatMap(slot -> earlierModel(slot).stream())
                        .findFirst()
                        .orElse(""));
    }

    private static Optional<String> earlierModel(SlotRow slot) {
        AttemptSnapshot attempt = slot.attempt();
        return attempt != null && UNSUCCESSFUL.contains(attempt.phase())
                ? Optional.of(slot.slot() + ": runs its earlier model, " + refusal(attempt))
                : Optional.empty();
    }

    private static String refusal(AttemptSnapshot attempt) {
        String word = Map.of(
                        Phase.FAILED, "the update failed",
                        Phase.ROLLED_BACK, "the update was rolled back",
                        Phase.REJECTED, "the update does not fit")
                .getOrDefault(attempt.phase(), "the update ended");
        return attempt.reason().isEmpty() ? word : word + " (" + attempt.reason() + ")";
    }

    private static String share(SlotRow slot, double failed) {
        return String.format(Locale.ROOT, "%s: %.0f %% of inferences fail", slot.slot(), failed * 100);
    }
}
