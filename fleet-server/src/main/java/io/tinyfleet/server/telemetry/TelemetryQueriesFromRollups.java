package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
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
    private static final double MILLI = 1000;

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
        Map<String, List<Stored>> byLabel = rollups.since(since).stream()
                .filter(stored -> !stored.key().energyLabel().equals(EnergyLabel.NONE.name()))
                .collect(
                        Collectors.groupingBy(stored -> stored.key().energyLabel(), TreeMap::new, Collectors.toList()));
        List<EnergyFigure> figures = new ArrayList<>();
        byLabel.forEach((label, stored) -> millijoules(stored)
                .ifPresent(value -> figures.add(new EnergyFigure(
                        label,
                        value,
                        stored.stream()
                                .mapToLong(part -> part.rollup().joulesOf)
                                .sum()))));
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

    private static Optional<Double> p95(List<Stored> parts) {
        DDSketch merged = LatencySketches.empty();
        parts.forEach(part -> merged.mergeWith(part.rollup().latency));
        return LatencySketches.quantile(merged, 0.95);
    }

    private static Optional<Double> millijoules(List<Stored> parts) {
        double joules = 0;
        long inferences = 0;
        for (Stored part : parts) {
            joules += part.rollup().joulesNet;
            inferences += part.rollup().joulesOf;
        }
        return inferences == 0 ? Optional.empty() : Optional.of(joules * MILLI / inferences);
    }

    private static Optional<Double> failures(List<Stored> parts) {
        long failed = 0;
        long all = 0;
        for (Stored part : parts) {
            Rollup rollup = part.rollup();
            failed += rollup.failed;
            all += rollup.ok + rollup.failed;
        }
        return all == 0 ? Optional.empty() : Optional.of((double) failed / all);
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
