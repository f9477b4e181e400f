package io.tinyfleet.agent.power;

import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import java.time.Duration;

/**
 * CPU seconds times the active watts of a table. There is no sensor: samples and confidence interval are 0, and no
 * idle share lies in it, so gross and net are the same.
 */
final class EstimatedEnergy implements EnergyMeter {

    private final ActivePower power;
    private final String method;

    EstimatedEnergy(ActivePower power) {
        this.power = power;
        this.method = "cpu-seconds x " + power.wattsPerBusyCore() + " W, table " + power.hardwareClass() + " v"
                + power.version();
    }

    @Override
    public Stretch begin() {
        return this::estimate;
    }

    private Energy estimate(Duration processCpu) {
        if (processCpu.isNegative()) {
            throw new IllegalArgumentException("CPU time is never negative, got " + processCpu);
        }
        double joules = processCpu.toNanos() / 1e9 * power.wattsPerBusyCore();
        return Energy.newBuilder()
                .setLabel(EnergyLabel.ESTIMATED)
                .setJoulesGross(joules)
                .setJoulesNet(joules)
                .setMethod(method)
                .setScope("process")
                .build();
    }
}
