package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads raw windows for people. */
@ApplicationScoped
class TelemetryReadRepository {
    private static final String WHERE = " where (?::text is null or device_id = ?) and (?::bytea is null or"
            + " artifact_sha256 = ?) and (?::text is null or source = ?) and received_on >= (?::timestamptz at time"
            + " zone 'UTC')::date and received_at >= ?";

    private final Database database;

    TelemetryReadRepository(Database database) {
        this.database = database;
    }

    record WindowQuery(
            Optional<String> device, Optional<Digest> artifact, Optional<String> source, Instant since, int limit) {}

    record StoredWindow(
            String deviceId,
            long bootCounter,
            long seq,
            Instant receivedAt,
            String slot,
            Digest artifact,
            Optional<UUID> attempt,
            String phase,
            String source,
            long durationMillis,
            Optional<Instant> wallStart,
            long ok,
            long failed,
            String failedByCode,
            Optional<Double> latencyP50Millis,
            Optional<Double> latencyP95Millis,
            StoredEnergy energy,
            double cpuSeconds,
            long rssPeakBytes,
            Optional<StoredScores> scores,
            boolean throttled,
            long askedByApplications,
            long inputDropped) {}

    record StoredEnergy(
            String label, double joulesGross, double joulesNet, double ci95Joules, String method, String scope) {}

    record StoredScores(double threshold, long over, long total) {}

    record SourceShare(String source, double threshold, long over, long total, long windows, long devices) {}

    /** Newest first. */
    List<StoredWindow> windows(WindowQuery query) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select * from telemetry_window" + WHERE
                    + " order by received_at desc, device_id, boot_counter desc, seq desc limit ?")) {
                int next = bind(statement, query);
                statement.setInt(next, query.limit());
                List<StoredWindow> windows = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        windows.add(window(row));
                    }
                }
                return windows;
            }
        });
    }

    long count(WindowQuery query) {
        return database.query(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("select count(*) from telemetry_window" + WHERE)) {
                bind(statement, query);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    private static int bind(PreparedStatement statement, WindowQuery query) throws SQLException {
        String device = query.device().orElse(null);
        byte @Nullable [] artifact = query.artifact().map(Digest::toByteArray).orElse(null);
        String source = query.source().orElse(null);
        statement.setString(1, device);
        statement.setString(2, device);
        statement.setBytes(3, artifact);
        statement.setBytes(4, artifact);
        statement.setString(5, source);
        statement.setString(6, source);
        statement.setObject(7, WindowRepository.utc(query.since()));
        statement.setObject(8, WindowRepository.utc(query.since()));
        return 9;
    }

    private static StoredWindow window(ResultSet row) throws SQLException {
        Double threshold = number(row, "score_threshold");
        return new StoredWindow(
                row.getString("device_id"),
                row.getLong("boot_counter"),
                row.getLong("seq"),
                row.getObject("received_at", OffsetDateTime.class).toInstant(),
                row.getString("slot"),
                Digest.fromBytes(row.getBytes("artifact_sha256")),
                Optional.ofNullable(row.getObject("attempt_id", UUID.class)),
                row.getString("phase"),
                row.getString("source"),
                row.getLong("duration_millis"),
                Optional.ofNullable(row.getObject("wall_start", OffsetDateTime.class))
                        .map(OffsetDateTime::toInstant),
                row.getLong("ok"),
                row.getLong("failed"),
                row.getString("failed_by_code"),
                Optional.ofNullable(number(row, "latency_p50_millis")),
                Optional.ofNullable(number(row, "latency_p95_millis")),
                new StoredEnergy(
                        row.getString("energy_label"),
                        row.getDouble("joules_gross"),
                        row.getDouble("joules_net"),
                        row.getDouble("energy_ci95_joules"),
                        row.getString("energy_method"),
                        row.getString("energy_scope")),
                row.getDouble("cpu_seconds"),
                row.getLong("rss_peak_bytes"),
                threshold == null
                        ? Optional.empty()
                        : Optional.of(
                                new StoredScores(threshold, row.getLong("score_over"), row.getLong("score_total"))),
                row.getBoolean("throttled"),
                row.getLong("asked_by_applications"),
                row.getLong("input_dropped"));
    }

    private static @Nullable Double number(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    /** Over all stored windows that score, by input source and threshold. */
    List<SourceShare> shares(Instant since) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select source, score_threshold,"
                    + " sum(score_over)::bigint, sum(score_total)::bigint, count(*), count(distinct device_id)"
                    + " from telemetry_window where score_threshold is not null"
                    + " and received_on >= (?::timestamptz at time zone 'UTC')::date and received_at >= ?"
                    + " group by source, score_threshold order by source, score_threshold")) {
                statement.setObject(1, WindowRepository.utc(since));
                statement.setObject(2, WindowRepository.utc(since));
                List<SourceShare> shares = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        shares.add(new SourceShare(
                                row.getString(1),
                                row.getDouble(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6)));
                    }
                }
                return shares;
            }
        });
    }
}
