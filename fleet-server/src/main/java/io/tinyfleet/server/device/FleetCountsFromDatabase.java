package io.tinyfleet.server.device;

import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

@ApplicationScoped
class FleetCountsFromDatabase implements FleetCounts {
    private final Database database;

    FleetCountsFromDatabase(Database database) {
        this.database = database;
    }

    @Override
    public long total() {
        return count("select count(*) from device where retired_at is null");
    }

    @Override
    public long online() {
        return count("select count(*) from device where retired_at is null and presence = 'ONLINE'");
    }

    private long count(String sql) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql);
                    ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    @Override
    public Map<DeviceState, Long> byState() {
        Map<DeviceState, Long> counts = new EnumMap<>(DeviceState.class);
        Arrays.stream(DeviceState.values()).forEach(state -> counts.put(state, 0L));
        grouped("state").forEach((state, count) -> counts.put(DeviceState.valueOf(state), count));
        return counts;
    }

    @Override
    public Map<DeviceKind, Long> byKind() {
        Map<DeviceKind, Long> counts = new EnumMap<>(DeviceKind.class);
        Arrays.stream(DeviceKind.values()).forEach(kind -> counts.put(kind, 0L));
        grouped("kind").forEach((kind, count) -> counts.put(DeviceKind.valueOf(kind), count));
        return counts;
    }

    private Map<String, Long> grouped(String column) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                            "select " + column + ", count(*) from device where retired_at is null group by 1");
                    ResultSet row = statement.executeQuery()) {
                Map<String, Long> counts = new TreeMap<>();
                while (row.next()) {
                    counts.put(row.getString(1), row.getLong(2));
                }
                return counts;
            }
        });
    }

    @Override
    public List<VersionMatrix> versions() {
        Map<String, Map<String, Map<String, Long>>> models = new TreeMap<>();
        database.run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select s.active_model, d.hardware_class,"
                            + " s.active_version, count(*) from device_slot s join device d on d.id = s.device_id"
                            + " where s.active_sha256 is not null and d.retired_at is null group by 1, 2, 3");
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    models.computeIfAbsent(row.getString(1), model -> new TreeMap<>())
                            .computeIfAbsent(row.getString(2), hardware -> new LinkedHashMap<>())
                            .put(row.getString(3), row.getLong(4));
                }
            }
        });
        List<VersionMatrix> matrices = new ArrayList<>();
        models.forEach((model, rows) -> {
            TreeSet<String> versions = new TreeSet<>(VersionOrder.NEWEST_LAST);
            rows.values().forEach(row -> versions.addAll(row.keySet()));
            List<VersionMatrix.Row> counted = new ArrayList<>();
            rows.forEach((hardware, row) -> counted.add(new VersionMatrix.Row(
                    hardware,
                    versions.stream()
                            .map(version -> row.getOrDefault(version, 0L))
                            .toList())));
            matrices.add(new VersionMatrix(model, List.copyOf(versions), counted));
        });
        return matrices;
    }

    @Override
    public List<Trouble> troubles(int limit) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "select id, state, state_reason from device where state in ('FAILING', 'DEGRADED', 'QUARANTINED')"
                            + " order by array_position(array['FAILING', 'DEGRADED', 'QUARANTINED'], state), id"
                            + " limit ?")) {
                statement.setInt(1, limit);
                List<Trouble> troubles = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        troubles.add(
                                new Trouble(row.getString(1), DeviceState.valueOf(row.getString(2)), row.getString(3)));
                    }
                }
                return troubles;
            }
        });
    }
}
