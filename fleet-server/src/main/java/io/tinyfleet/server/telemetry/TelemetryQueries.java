package io.tinyfleet.server.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Figures over stored windows, for the overview. Energy labels are never mixed in one figure. */
public interface TelemetryQueries {
    /** 95th percentile over all inferences since then, from merged sketches. */
    Optional<Double> latencyP95Millis(Instant since);

    List<Point> latencyP95Series(Instant since, Duration step);

    /** One figure a label, the label with most inferences first. */
    List<EnergyFigure> energyPerInference(Instant since);

    List<Point> energySeries(String label, Instant since, Duration step);

    /** Share of failed inferences; empty when there were none at all. */
    Optional<Double> failureShare(Instant since);

    List<Point> failureSeries(Instant since, Duration step);

    /** Share of devices online, sampled once a minute. */
    List<Point> onlineShareSeries(Instant since, Duration step);

    record Point(Instant at, double value) {}

    record EnergyFigure(String label, double millijoulesPerInference, long inferences) {}
}
