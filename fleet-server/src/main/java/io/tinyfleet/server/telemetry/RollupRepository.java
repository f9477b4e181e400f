package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.device.WindowSink.ReceivedWindow;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Five minutes of one artifact on one hardware class under one energy label, merged from windows newly stored. */
@ApplicationScoped
class RollupRepository {
    static final Duration BUCKET = Duration.ofMinutes(5);

    private static final double MILLI = 1000;

    private final Database database;

    RollupRepository(Database database) {
        this.database = database;
    }

    record Key(Instant bucket, Digest artifact, String hardwareClass, String energyLabel) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::bucket)
                .thenComparing(Key::artifact)
                .thenComparing(Key::hardwareClass)
                .thenComparing(Key::energyLabel);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /** A sum that grows; one thread owns it. */
    static final class Rollup {
        long windows;
        long ok;
        long failed;
        double joulesNet;
        long joulesOf;
        long rssPeakBytes;
        long askedByApplications;
        long inputDropped;
        final DDSketch latency = LatencySketches.empty();

        void add(Window window) {
            windows++;
            ok += window.getOk();
            failed += WindowFigures.failed(window);
            rssPeakBytes = Math.max(rssPeakBytes, window.getRssPeakBytes());
            askedByApplications += window.getAskedByApplications();
            inputDropped += window.getInputDropped();
            LatencySketches.addTo(latency, window.getLatencySketch().toByteArray());
            WindowFigures.joules(window).ifPresent(joules -> {
                joulesNet += joules;
                joulesOf += window.getOk() + WindowFigures.failed(window);
            });
        }

        static Rollup sum(Collection<Stored> parts) {
            Rollup sum = new Rollup();
            for (Stored part : parts) {
                Rollup more = part.rollup;
                sum.windows += more.windows;
                sum.ok += more.ok;
                sum.failed += more.failed;
                sum.joulesNet += more.joulesNet;
                sum.joulesOf += more.joulesOf;
                sum.askedByApplications += more.askedByApplications;
                sum.inputDropped += more.inputDropped;
                sum.rssPeakBytes = Math.max(sum.rssPeakBytes, more.rssPeakBytes);
                sum.latency.mergeWith(more.latency);
            }
            return sum;
        }

        long inferences() {
            return ok + failed;
        }

        Optional<Double> failedShare() {
            return inferences() == 0 ? Optional.empty() : Optional.of((double) failed / inferences());
        }

        Optional<Double> latencyMillis(double quantile) {
            return LatencySketches.quantile(latency, quantile);
        }

        Optional<Double> millijoulesPerInference() {
            return joulesOf == 0 ? Optional.empty() : Optional.of(joulesNet * MILLI / joulesOf);
        }

        private void add(ResultSet stored) throws SQLException {
            windows += stored.getLong("windows");
            ok += stored.getLong("ok");
            failed += stored.getLong("failed");
            joulesNet += stored.getDouble("joules_net");
            joulesOf += stored.getLong("joules_of");
            askedByApplications += stored.getLong("asked_by_applications");
            inputDropped += stored.getLong("input_dropped");
            rssPeakBytes = Math.max(rssPeakBytes, stored.getLong("rss_peak_bytes"));
            LatencySketches.addTo(latency, stored.getBytes("latency_sketch"));
        }
    }

    record Stored(Key key, Rollup rollup) {}

    static Instant bucketOf(Instant instant, Duration bucket) {
        long seconds = bucket.toSeconds();
        return Instant.ofEpochSecond(Math.floorDiv(instant.getEpochSecond(), seconds) * seconds);
    }

    void add(Collection<ReceivedWindow> windows) {
        Map<Key, Rollup> sums = new TreeMap<>();
        for (ReceivedWindow received : windows) {
            Window window = received.window();
            Key key = new Key(
                    bucketOf(received.receivedAt(), BUCKET),
                    Digest.fromBytes(window.getArtifactSha256()),
                    received.hardwareClass(),
                    WindowFigures.label(window.getEnergy()).name());
            sums.computeIfAbsent(key, k -> new Rollup()).add(window);
        }
        if (sums.isEmpty()) {
            return;
        }
        database.run(connection -> {
            // In the order of keys, so that two replicas wait for each other and never in a circle.
            keys(sums)
                    .execute(
                            connection,
                            "insert into telemetry_rollup (bucket, artifact_sha256, hardware_class, energy_label)"
                                    + " select * from unnest(?, ?, ?, ?) on conflict do nothing");
            addStored(connection, sums);
            values(sums)
                    .execute(
                            connection,
                            "update telemetry_rollup r set windows = u.windows, ok = u.ok, failed = u.failed,"
                                    + " latency_sketch = u.latency_sketch, joules_net = u.joules_net,"
                                    + " joules_of = u.joules_of, rss_peak_bytes = u.rss_peak_bytes,"
                                    + " asked_by_applications = u.asked_by_applications,"
                                    + " input_dropped = u.input_dropped"
                                    + " from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as u (bucket,"
                                    + " artifact_sha256, hardware_class, energy_label, windows, ok, failed,"
                                    + " latency_sketch, joules_net, joules_of, rss_peak_bytes,"
                                    + " asked_by_applications, input_dropped) where r.bucket = u.bucket"
                                    + " and r.artifact_sha256 = u.artifact_sha256"
                                    + " and r.hardware_class = u.hardware_class"
                                    + " and r.energy_label = u.energy_label");
        });
    }

    private static SqlColumns keys(Map<Key, Rollup> sums) {
        SqlColumns columns = new SqlColumns("timestamptz", "bytea", "text", "text");
        sums.keySet()
                .forEach(key -> columns.add(
                        WindowRepository.utc(key.bucket),
                        key.artifact.toByteArray(),
                        key.hardwareClass,
                        key.energyLabel));
        return columns;
    }

    private static SqlColumns values(Map<Key, Rollup> sums) {
        SqlColumns columns = new SqlColumns(
                "timestamptz",
                "bytea",
                "text",
                "text",
                "bigint",
                "bigint",
                "bigint",
                "bytea",
                "float8",
                "bigint",
                "bigint",
                "bigint",
                "bigint");
        sums.forEach((key, sum) -> columns.add(
                WindowRepository.utc(key.bucket),
                key.artifact.toByteArray(),
                key.hardwareClass,
                key.energyLabel,
                sum.windows,
                sum.ok,
                sum.failed,
                LatencySketches.encode(sum.latency),
                sum.joulesNet,
                sum.joulesOf,
                sum.rssPeakBytes,
                sum.askedByApplications,
                sum.inputDropped));
        return columns;
    }

    private static void addStored(Connection connection, Map<Key, Rollup> sums) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select r.* from telemetry_rollup r"
                + " join unnest(?, ?, ?, ?) as w (bucket, artifact_sha256, hardware_class, energy_label)"
                + " using (bucket, artifact_sha256, hardware_class, energy_label)"
                + " order by r.bucket, r.artifact_sha256, r.hardware_class, r.energy_label for update of r")) {
            keys(sums).bind(connection, statement);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Rollup sum = sums.get(key(row));
                    if (sum != null) {
                        sum.add(row);
                    }
                }
            }
        }
    }

    private static Key key(ResultSet row) throws SQLException {
        return new Key(
                row.getObject("bucket", java.time.OffsetDateTime.class).toInstant(),
                Digest.fromBytes(row.getBytes("artifact_sha256")),
                row.getString("hardware_class"),
                row.getString("energy_label"));
    }

    /** In the order of buckets. */
    List<Stored> since(Instant since) {
        return database.list(
                "select * from telemetry_rollup where bucket >= ? order by bucket",
                (statement, connection) -> statement.setObject(1, WindowRepository.utc(bucketOf(since, BUCKET))),
                RollupRepository::stored);
    }

    /** Of one artifact, in the order of hardware classes. */
    List<Stored> of(Digest artifact, Instant since) {
        return database.list(
                "select * from telemetry_rollup where artifact_sha256 = ? and bucket >= ?"
                        + " order by hardware_class, energy_label",
                (statement, connection) -> {
                    statement.setBytes(1, artifact.toByteArray());
                    statement.setObject(2, WindowRepository.utc(bucketOf(since, BUCKET)));
                },
                RollupRepository::stored);
    }

    private static Stored stored(ResultSet row) throws SQLException {
        Rollup rollup = new Rollup();
        rollup.add(row);
        return new Stored(key(row), rollup);
    }
}
