package io.tinyfleet.agent.power;

import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;

/** Chooses the best meter that a device has. */
public final class EnergyMeters {

    private static final Energy NOTHING_KNOWN =
            Energy.newBuilder().setLabel(EnergyLabel.NONE).build();

    private EnergyMeters() {}

    public static EnergyMeter forHardware(String hardwareClass) {
        return ActivePower.find(hardwareClass)
                .<EnergyMeter>map(EstimatedEnergy::new)
                .orElse(() -> cpu -> NOTHING_KNOWN);
    }
}
