package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.device.SlotFigures;
import io.tinyfleet.server.device.WindowSink.ReceivedWindow;
import java.util.Optional;

/** What can be said of one checked window by itself. */
final class WindowFigures {
    /** A 95 % interval is 1.96 sigma to each side: three sigma in units of it. */
    private static final double THREE_SIGMA_IN_CI95 = 3 / 1.96;

    private static final double MILLI = 1000;

    private WindowFigures() {}

    static SlotFigures of(ReceivedWindow received) {
        Window window = received.window();
        long failed = failed(window);
        long all = window.getOk() + failed;
        DDSketch latency = LatencySketches.empty();
        LatencySketches.addTo(latency, window.getLatencySketch().toByteArray());
        return new SlotFigures(
                received.device(),
                new SlotName(window.getSlot()),
                Digest.fromBytes(window.getArtifactSha256()),
                received.bootCounter(),
                received.seq(),
                LatencySketches.quantile(latency, 0.95),
                joules(window).map(joules -> joules * MILLI / all),
                label(window.getEnergy()),
                all == 0 ? Optional.empty() : Optional.of((double) failed / all),
                window.getThrottled(),
                window.getAskedByApplications(),
                window.getInputDropped());
    }

    static long failed(Window window) {
        return window.getFailedMap().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    static EnergyLabel label(Energy energy) {
        return energy.getLabel() == EnergyLabel.ENERGY_LABEL_UNSPECIFIED ? EnergyLabel.NONE : energy.getLabel();
    }

    /** Net energy of the window's inferences; empty when unknown, of nothing, or below three sigma. */
    static Optional<Double> joules(Window window) {
        Energy energy = window.getEnergy();
        boolean something = window.getOk() + failed(window) > 0;
        return something && isResolved(label(energy).name(), energy.getJoulesNet(), energy.getCi95Joules())
                ? Optional.of(energy.getJoulesNet())
                : Optional.empty();
    }

    /** Below three sigma a sensor says nothing but that it is little. */
    static boolean isResolved(String label, double joulesNet, double ci95Joules) {
        return !label.equals(EnergyLabel.NONE.name()) && joulesNet > 0 && joulesNet >= ci95Joules * THREE_SIGMA_IN_CI95;
    }
}
