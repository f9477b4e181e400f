package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.device.WindowSink.ReceivedWindow;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.stream.Collectors;

/** Writes raw windows: one statement a batch, arrays of columns unnested on the other side. */
@ApplicationScoped
class WindowRepository {
    private static final String INSERT = "insert into telemetry_window (received_on, device_id, key_generation,"
            + " boot_counter, seq, received_at, slot, artifact_sha256, attempt_id, phase, source,"
            + " monotonic_start_millis, duration_millis, wall_start, ok, failed, failed_by_code, latency_sketch,"
            + " latency_p50_millis, latency_p95_millis, queue_wait_sketch, energy_label, joules_gross, joules_net,"
            + " idle_watts, energy_samples, energy_ci95_joules, energy_method, energy_scope, cpu_seconds,"
            + " rss_peak_bytes, score_threshold, score_over, score_total, score_histogram, temperature_celsius,"
            + " throttled, asked_by_applications, input_dropped) select c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17::jsonb,"
            + " c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35::bigint[],"
            + " c36, c37, c38, c39 from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            + " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as u (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15,"
            + " c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35,"
            + " c36, c37, c38, c39) on conflict do nothing";

    private final Database database;
    private final ObjectMapper json;

    WindowRepository(Database database, ObjectMapper json) {
        this.database = database;
        this.json = json;
    }

    void store(Collection<ReceivedWindow> windows) {
        SqlColumns columns = new SqlColumns(
                "date",
                "text",
                "integer",
                "bigint",
                "bigint",
                "timestamptz",
                "text",
                "bytea",
                "uuid",
                "text",
                "text",
                "bigint",
                "bigint",
                "timestamptz",
                "bigint",
                "bigint",
                "text",
                "bytea",
                "float8",
                "float8",
                "bytea",
                "text",
                "float8",
                "float8",
                "float8",
                "integer",
                "float8",
                "text",
                "text",
                "float8",
                "bigint",
                "float8",
                "bigint",
                "bigint",
                "text",
                "float8",
                "boolean",
                "bigint",
                "bigint");
        windows.forEach(window -> add(columns, window));
        database.run(connection -> columns.execute(connection, INSERT));
    }

    private void add(SqlColumns columns, ReceivedWindow received) {
        Window window = received.window();
        Energy energy = window.getEnergy();
        ScoreCounts scores = window.getScores();
        DDSketch latency = LatencySketches.empty();
        LatencySketches.addTo(latency, window.getLatencySketch().toByteArray());
        columns.add(
                java.sql.Date.valueOf(day(received.receivedAt())),
                received.device().value(),
                received.keyGeneration(),
                received.bootCounter(),
                received.seq(),
                utc(received.receivedAt()),
                window.getSlot(),
                window.getArtifactSha256().toByteArray(),
                window.getAttemptId().isEmpty()
                        ? null
                        : AttemptId.fromBytes(window.getAttemptId()).value(),
                window.getPhaseValue() == 0 ? "" : window.getPhase().name(),
                window.getSource(),
                window.getMonotonicStartMillis(),
                window.getDurationMillis(),
                window.getClockSynchronised() ? utc(Instant.ofEpochMilli(window.getWallStartMillis())) : null,
                window.getOk(),
                WindowFigures.failed(window),
                jsonOf(window),
                window.getLatencySketch().toByteArray(),
                LatencySketches.quantile(latency, 0.5).orElse(null),
                LatencySketches.quantile(latency, 0.95).orElse(null),
                window.getQueueWaitSketch().toByteArray(),
                WindowFigures.label(energy).name(),
                energy.getJoulesGross(),
                energy.getJoulesNet(),
                energy.getIdleWatts(),
                energy.getSamples(),
                energy.getCi95Joules(),
                energy.getMethod(),
                energy.getScope(),
                window.getCpuSeconds(),
                window.getRssPeakBytes(),
                window.hasScores() ? scores.getThreshold() : null,
                scores.getOver(),
                scores.getTotal(),
                scores.getHistogramList().stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}")),
                window.getTemperatureCelsius() == 0 || Double.isNaN(window.getTemperatureCelsius())
                        ? null
                        : window.getTemperatureCelsius(),
                window.getThrottled(),
                window.getAskedByApplications(),
                window.getInputDropped());
    }

    private String jsonOf(Window window) {
        try {
            return json.writeValueAsString(window.getFailedMap());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of counts cannot be written", e);
        }
    }

    static LocalDate day(Instant instant) {
        return LocalDate.ofInstant(instant, ZoneOffset.UTC);
    }

    static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
