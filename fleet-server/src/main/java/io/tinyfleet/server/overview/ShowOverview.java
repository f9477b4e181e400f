package io.tinyfleet.server.overview;

import io.tinyfleet.server.device.FleetCounts;
import io.tinyfleet.server.overview.OverviewBody.Matrix;
import io.tinyfleet.server.overview.OverviewBody.Metric;
import io.tinyfleet.server.overview.OverviewBody.Point;
import io.tinyfleet.server.overview.OverviewBody.Row;
import io.tinyfleet.server.overview.OverviewBody.Vital;
import io.tinyfleet.server.rollout.RolloutDirectory;
import io.tinyfleet.server.telemetry.TelemetryQueries;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Puts the first page together from what the features know. */
@ApplicationScoped
class ShowOverview {
    private static final Duration PERIOD = Duration.ofHours(24);
    private static final Duration STEP = Duration.ofMinutes(15);

    /** More devices in trouble than this are counted by their state; naming them would help nobody. */
    private static final int MAX_TROUBLES = 1000;

    private final FleetCounts fleet;
    private final TelemetryQueries telemetry;
    private final RolloutDirectory rollouts;
    private final InstantSource clock;

    ShowOverview(FleetCounts fleet, TelemetryQueries telemetry, RolloutDirectory rollouts, InstantSource clock) {
        this.fleet = fleet;
        this.telemetry = telemetry;
        this.rollouts = rollouts;
        this.clock = clock;
    }

    @Transactional
    OverviewBody show() {
        Instant since = clock.instant().minus(PERIOD);
        return new OverviewBody(
                fleet.total(),
                fleet.byState(),
                fleet.byKind(),
                NeedsYou.of(rollouts.listAlarms(), fleet.troubles(MAX_TROUBLES)),
                fleet.versions().stream().map(ShowOverview::matrix).toList(),
                List.of(online(since), latency(since), energy(since), failures(since)),
                rollouts.listMoving());
    }

    private Vital online(Instant since) {
        List<Point> series = points(telemetry.onlineShareSeries(since, STEP));
        return new Vital(Metric.ONLINE, last(series), "share", Optional.empty(), series);
    }

    private Vital latency(Instant since) {
        return new Vital(
                Metric.LATENCY_P95,
                telemetry.latencyP95Millis(since),
                "ms",
                Optional.empty(),
                points(telemetry.latencyP95Series(since, STEP)));
    }

    /** Of the label with most inferences: measured and estimated energy are never mixed. */
    private Vital energy(Instant since) {
        Optional<TelemetryQueries.EnergyFigure> figure =
                telemetry.energyPerInference(since).stream().findFirst();
        return new Vital(
                Metric.ENERGY,
                figure.map(TelemetryQueries.EnergyFigure::millijoulesPerInference),
                "mJ",
                figure.map(TelemetryQueries.EnergyFigure::label),
                figure.map(known -> points(telemetry.energySeries(known.label(), since, STEP)))
                        .orElse(List.of()));
    }

    private Vital failures(Instant since) {
        return new Vital(
                Metric.FAILURES,
                telemetry.failureShare(since),
                "share",
                Optional.empty(),
                points(telemetry.failureSeries(since, STEP)));
    }

    private static Matrix matrix(FleetCounts.VersionMatrix matrix) {
        return new Matrix(
                matrix.model(),
                matrix.versions(),
                matrix.rows().stream()
                        .map(row -> new Row(row.hardwareClass(), row.counts()))
                        .toList());
    }

    private static List<Point> points(List<TelemetryQueries.Point> points) {
        return points.stream()
                .map(point -> new Point(point.at(), point.value()))
                .toList();
    }

    private static Optional<Double> last(List<Point> series) {
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(series.get(series.size() - 1).value());
    }
}
