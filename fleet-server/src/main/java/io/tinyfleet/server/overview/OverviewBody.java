package io.tinyfleet.server.overview;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.tinyfleet.server.device.DeviceKind;
import io.tinyfleet.server.device.DeviceState;
import io.tinyfleet.server.rollout.RolloutSummary;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The first page as the API tells it. */
@Schema(name = "Overview")
record OverviewBody(
        long fleetTotal,
        Map<DeviceState, Long> states,
        Map<DeviceKind, Long> kinds,
        List<Need> needsYou,
        List<Matrix> matrix,
        List<Vital> vitals,
        List<RolloutSummary> rollouts) {

    /** Something that wants a person, with the one place to go to. */
    @Schema(name = "NeedsYou")
    record Need(Severity severity, String title, String sentence, Link link) {}

    @Schema(name = "NeedsYouLink")
    record Link(String label, String path) {}

    /** Worst first. */
    @Schema(name = "NeedSeverity")
    enum Severity {
        @JsonProperty("failing")
        FAILING,
        @JsonProperty("quarantined")
        QUARANTINED,
        @JsonProperty("degraded")
        DEGRADED,
        @JsonProperty("info")
        INFO
    }

    /** Which versions of a model run on which hardware; counts run along versions. */
    @Schema(name = "VersionMatrix")
    record Matrix(String model, List<String> versions, List<Row> rows) {}

    @Schema(name = "VersionMatrixRow")
    record Row(String hardwareClass, List<Long> counts) {}

    /** One figure over the last 24 hours; no value where nothing was measured. */
    @Schema(name = "Vital")
    record Vital(Metric metric, Optional<Double> value, String unit, Optional<String> label, List<Point> series) {}

    @Schema(name = "VitalMetric")
    enum Metric {
        @JsonProperty("online")
        ONLINE,
        @JsonProperty("latencyP95")
        LATENCY_P95,
        @JsonProperty("energy")
        ENERGY,
        @JsonProperty("failures")
        FAILURES
    }

    @Schema(name = "VitalPoint")
    record Point(Instant at, double value) {}
}
