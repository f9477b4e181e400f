package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.server.telemetry.RollupRepository.Rollup;
import io.tinyfleet.server.telemetry.RollupRepository.Stored;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

@ApplicationScoped
class TelemetryQueriesFromRollups implements TelemetryQueries {
    private final RollupRepository rollups;
    private final FleetSampleRepository samples;

    TelemetryQueriesFromRollups(RollupRepository rollups, FleetSampleRepository samples) {
        this.rollups = rollups;
        this.samples = samples;
    }

    @Override
    public Optional<Double> latencyP95Millis(Instant since) {
        return p95(rollups.since(since));
    }

    @Override
    public List<Point> latencyP95Series(Instant since, Duration step) {
        return series(rollups.since(since), step, TelemetryQueriesFromRollups::p95);
    }

    @Override
    public List<EnergyFigure> energyPerInference(Instant since) {
        List<EnergyFigure> figures = energy(rollups.since(since));
        figures.sort(Comparator.comparingLong(EnergyFigure::inferences).reversed());
        return figures;
    }

    @Override
    public List<Point> energySeries(String label, Instant since, Duration step) {
        List<Stored> ofLabel = rollups.since(since).stream()
                .filter(stored -> stored.key().energyLabel().equals(label))
                .toList();
        return series(ofLabel, step, TelemetryQueriesFromRollups::millijoules);
    }

    @Override
    public Optional<Double> failureShare(Instant since) {
        return failures(rollups.since(since));
    }

    @Override
    public List<Point> failureSeries(Instant since, Duration step) {
        return series(rollups.since(since), step, TelemetryQueriesFromRollups::failures);
    }

    @Override
    public List<Point> onlineShareSeries(Instant since, Duration step) {
        return samples.onlineShares(since, step);
    }

    /** One figure a label, in the order of labels. */
    static List<EnergyFigure> energy(List<Stored> parts) {
        Map<String, List<Stored>> byLabel = parts.stream()
                .filter(stored -> !stored.key().energyLabel().equals(EnergyLabel.NONE.name()))
                .collect(
                        Collectors.groupingBy(stored -> stored.key().energyLabel(), TreeMap::new, Collectors.toList()));
        List<EnergyFigure> figures = new ArrayList<>();
        byLabel.forEach((label, same) -> {
            Rollup sum = Rollup.sum(same);
            sum.millijoulesPerInference().ifPresent(value -> figures.add(new EnergyFigure(label, value, sum.joulesOf)));
        });
        return figures;
    }

    private static Optional<Double> p95(List<Stored> parts) {
        return Rollup.sum(parts).latencyMillis(0.95);
    }

    private static Optional<Double> millijoules(List<Stored> parts) {
        return Rollup.sum(parts).millijoulesPerInference();
    }

    private static Optional<Double> failures(List<Stored> parts) {
        return Rollup.sum(parts).failedShare();
    }

    private static List<Point> series(
            List<Stored> stored, Duration step, Function<List<Stored>, Optional<Double>> value) {
        Map<Instant, List<Stored>> steps = stored.stream()
                .collect(Collectors.groupingBy(
                        part -> RollupRepository.bucketOf(part.key().bucket(), step),
                        TreeMap::new,
                        Collectors.toList()));
        List<Point> points = new ArrayList<>();
        steps.forEach((at, parts) -> value.apply(parts).ifPresent(number -> points.add(new Point(at, number))));
        return points;
    }
}
