package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.EnergyLabel;
import java.util.Optional;

/**
 * What a window says about how a slot does; the newest by boot and number stands.
 *
 * @param energyMillijoules for one inference; only together with a label other than {@code NONE}
 * @param askedByApplications inferences of the window that applications asked for
 * @param inputDropped frames that nobody took in time
 * @param failedShare of all inferences of the window; empty when there were none
 */
public record SlotFigures(
        DeviceId device,
        SlotName slot,
        Digest artifact,
        long bootCounter,
        long seq,
        Optional<Double> latencyP95Millis,
        Optional<Double> energyMillijoules,
        EnergyLabel energyLabel,
        Optional<Double> failedShare,
        boolean throttled,
        long askedByApplications,
        long inputDropped) {
    boolean isNewerThan(long boot, long number) {
        return bootCounter > boot || (bootCounter == boot && seq > number);
    }
}
