package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.server.device.WindowSink.ReceivedWindow;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far shadows agree with the models they stand beside: one row a device, slot, shadow and model, which is what a gate
 * takes as one opinion. Few devices have a shadow at a time, so rows are written one by one, in the order of their keys.
 */
@ApplicationScoped
class ShadowComparisons {
    private final Database database;

    ShadowComparisons(Database database) {
        this.database = database;
    }

    /** Names a row. */
    record Key(String device, String slot, UUID attempt, Digest active) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::device)
                .thenComparing(Key::slot)
                .thenComparing(Key::attempt)
                .thenComparing(Key::active);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }

        private int bind(PreparedStatement statement, int from) throws SQLException {
            statement.setString(from, device);
            statement.setString(from + 1, slot);
            statement.setObject(from + 2, attempt);
            statement.setBytes(from + 3, active.toByteArray());
            return from + 4;
        }
    }

    /** What one device has said of one pair of models. */
    record Comparison(
            Key key,
            Digest shadow,
            String hardwareClass,
            Counts counts,
            Optional<Double> latencyP50Millis,
            Optional<Double> latencyP95Millis,
            double cpuSeconds,
            long rssPeakBytes,
            Instant firstAt,
            Instant lastAt,
            List<Measured> measures) {}

    record Counts(long windows, long compared, long dropped, long warmUp, long notComparable, long failed) {}

    /** One measure over all inputs that it was taken of. */
    record Measured(String measure, long compared, double sum, long agreed, double agreeAt) {}

    // ---- writing

    /** Only windows that were newly stored. */
    void add(Collection<ReceivedWindow> windows) {
        Map<Key, List<ReceivedWindow>> byPair = new TreeMap<>();
        for (ReceivedWindow received : windows) {
            if (received.window().hasShadow()) {
                byPair.computeIfAbsent(key(received), key -> new ArrayList<>()).add(received);
            }
        }
        byPair.forEach((key, same) -> same.forEach(received -> add(key, received)));
    }

    private static Key key(ReceivedWindow received) {
        return new Key(
                received.device().value(),
                received.window().getSlot(),
                AttemptId.fromBytes(received.window().getShadow().getAttemptId())
                        .value(),
                Digest.fromBytes(received.window().getArtifactSha256()));
    }

    private void add(Key key, ReceivedWindow received) {
        ShadowCounts shadow = received.window().getShadow();
        begin(key, received);
        DDSketch latency = LatencySketches.empty();
        LatencySketches.addTo(latency, lockedSketch(key));
        LatencySketches.addTo(latency, shadow.getLatencySketch().toByteArray());
        database.update(
                "update shadow_comparison set windows = windows + 1, compared = compared + ?, dropped = dropped + ?,"
                        + " warm_up = warm_up + ?, not_comparable = not_comparable + ?, failed = failed + ?,"
                        + " latency_sketch = ?, cpu_seconds = cpu_seconds + ?,"
                        + " rss_peak_bytes = greatest(rss_peak_bytes, ?), last_at = greatest(last_at, ?)"
                        + " where device_id = ? and slot = ? and attempt_id = ? and active_sha256 = ?",
                (statement, connection) -> {
                    statement.setLong(1, shadow.getCompared());
                    statement.setLong(2, shadow.getDropped());
                    statement.setLong(3, shadow.getWarmUp());
                    statement.setLong(4, shadow.getNotComparable());
                    statement.setLong(
                            5,
                            shadow.getFailedMap().values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum());
                    statement.setBytes(6, LatencySketches.encode(latency));
                    statement.setDouble(7, shadow.getCpuSeconds());
                    statement.setLong(8, shadow.getRssPeakBytes());
                    statement.setObject(9, WindowRepository.utc(received.receivedAt()));
                    key.bind(statement, 10);
                });
        for (Agreement agreement : shadow.getAgreementsList()) {
            add(key, agreement);
        }
    }

    private void begin(Key key, ReceivedWindow received) {
        database.update(
                "insert into shadow_comparison (device_id, slot, attempt_id, active_sha256, shadow_sha256,"
                        + " hardware_class, windows, compared, dropped, warm_up, not_comparable, failed,"
                        + " latency_sketch, cpu_seconds, rss_peak_bytes, first_at, last_at)"
                        + " values (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, '', 0, 0, ?, ?) on conflict do nothing",
                (statement, connection) -> {
                    int next = key.bind(statement, 1);
                    statement.setBytes(
                            next,
                            received.window().getShadow().getArtifactSha256().toByteArray());
                    statement.setString(next + 1, received.hardwareClass());
                    statement.setObject(next + 2, WindowRepository.utc(received.receivedAt()));
                    statement.setObject(next + 3, WindowRepository.utc(received.receivedAt()));
                });
    }

    private byte[] lockedSketch(Key key) {
        return database.list(
                        "select latency_sketch from shadow_comparison"
                                + " where device_id = ? and slot = ? and attempt_id = ? and active_sha256 = ? for update",
                        (statement, connection) -> key.bind(statement, 1),
                        row -> row.getBytes("latency_sketch"))
                .get(0);
    }

    private void add(Key key, Agreement agreement) {
        database.update(
                "insert into shadow_agreement as a (device_id, slot, attempt_id, active_sha256, measure, compared, sum,"
                        + " agreed, agree_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " on conflict (device_id, slot, attempt_id, active_sha256, measure) do update set"
                        + " compared = a.compared + excluded.compared, sum = a.sum + excluded.sum,"
                        + " agreed = a.agreed + excluded.agreed, agree_at = excluded.agree_at",
                (statement, connection) -> {
                    int next = key.bind(statement, 1);
                    statement.setString(next, agreement.getMeasure().name());
                    statement.setLong(next + 1, agreement.getCompared());
                    statement.setDouble(next + 2, agreement.getSum());
                    statement.setLong(next + 3, agreement.getAgreed());
                    statement.setDouble(next + 4, agreement.getAgreeAt());
                });
    }

    // ---- reading

    /** Which comparisons; the newest are read first. */
    record ShadowQuery(Optional<String> device, Optional<Digest> shadow, Instant since, int limit) {}

    List<Comparison> list(ShadowQuery query) {
        return database.list(
                "select * from shadow_comparison where (?::text is null or device_id = ?)"
                        + " and (?::bytea is null or shadow_sha256 = ?) and last_at >= ?"
                        + " order by last_at desc, device_id, slot limit ?",
                (statement, connection) -> {
                    String device = query.device().orElse(null);
                    byte @Nullable [] shadow =
                            query.shadow().map(Digest::toByteArray).orElse(null);
                    statement.setString(1, device);
                    statement.setString(2, device);
                    statement.setBytes(3, shadow);
                    statement.setBytes(4, shadow);
                    statement.setObject(5, WindowRepository.utc(query.since()));
                    statement.setInt(6, query.limit());
                },
                this::comparison);
    }

    private Comparison comparison(ResultSet row) throws SQLException {
        Key key = new Key(
                row.getString("device_id"),
                row.getString("slot"),
                row.getObject("attempt_id", UUID.class),
                Digest.fromBytes(row.getBytes("active_sha256")));
        DDSketch latency = LatencySketches.empty();
        LatencySketches.addTo(latency, row.getBytes("latency_sketch"));
        return new Comparison(
                key,
                Digest.fromBytes(row.getBytes("shadow_sha256")),
                row.getString("hardware_class"),
                new Counts(
                        row.getLong("windows"),
                        row.getLong("compared"),
                        row.getLong("dropped"),
                        row.getLong("warm_up"),
                        row.getLong("not_comparable"),
                        row.getLong("failed")),
                LatencySketches.quantile(latency, 0.5),
                LatencySketches.quantile(latency, 0.95),
                row.getDouble("cpu_seconds"),
                row.getLong("rss_peak_bytes"),
                row.getObject("first_at", OffsetDateTime.class).toInstant(),
                row.getObject("last_at", OffsetDateTime.class).toInstant(),
                measures(key));
    }

    private List<Measured> measures(Key key) {
        return database.list(
                "select * from shadow_agreement"
                        + " where device_id = ? and slot = ? and attempt_id = ? and active_sha256 = ?"
                        // The measure that says whether the two agree comes first.
                        + " order by array_position(array['BOX_OVERLAP', 'COSINE', 'LABEL', 'TOP_K',"
                        + " 'NUMERIC_TOLERANCE'], measure)",
                (statement, connection) -> key.bind(statement, 1),
                row -> new Measured(
                        row.getString("measure"),
                        row.getLong("compared"),
                        row.getDouble("sum"),
                        row.getLong("agreed"),
                        row.getDouble("agree_at")));
    }
}
