package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.device.DeviceQuery.Cursor;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Finds pages of devices and counts what could be chosen instead. */
@ApplicationScoped
class DeviceListRepository {
    private static final String FROM = " from device d left join lateral (select max(s.latency_p95_millis) as p95,"
            + " max(s.energy_millijoules) as energy from device_slot s where s.device_id = d.id"
            + " and s.figures_sha256 = s.active_sha256) f on true";

    private final Database database;

    DeviceListRepository(Database database) {
        this.database = database;
    }

    /** Ids in the order asked for; with the cursor of the next page if there is one. */
    record Page(List<DeviceId> ids, long total, Optional<Cursor> next) {}

    /** One restriction; a facet leaves out its own. */
    private record Condition(String facet, String sql, List<Object> values) {}

    private static final class Conditions {
        private final List<Condition> all = new ArrayList<>();

        void add(String facet, String sql, Object... values) {
            all.add(new Condition(facet, sql, List.of(values)));
        }

        String where(String exceptFacet) {
            return all.stream()
                    .filter(condition -> !condition.facet.equals(exceptFacet))
                    .map(Condition::sql)
                    .collect(Collectors.joining(" and ", " where ", ""));
        }

        int bind(PreparedStatement statement, String exceptFacet) throws SQLException {
            int index = 1;
            for (Condition condition : all) {
                if (!condition.facet.equals(exceptFacet)) {
                    for (Object value : condition.values) {
                        index = bindOne(statement, index, value);
                    }
                }
            }
            return index;
        }

        private static int bindOne(PreparedStatement statement, int index, Object value) throws SQLException {
            if (value instanceof Collection<?> texts) {
                statement.setArray(
                        index,
                        statement
                                .getConnection()
                                .createArrayOf(
                                        "text",
                                        texts.stream().map(String::valueOf).toArray()));
            } else {
                statement.setString(index, String.valueOf(value));
            }
            return index + 1;
        }
    }

    private static Conditions conditions(DeviceQuery query) {
        Conditions conditions = new Conditions();
        conditions.add("", "true");
        if (query.states().isEmpty()) {
            conditions.add("state", "d.retired_at is null");
        } else {
            conditions.add("state", "d.state = any (?)", query.states());
        }
        if (!query.text().isEmpty()) {
            String pattern = "%" + query.text().replaceAll("([\\\\%_])", "\\\\$1") + "%";
            conditions.add("", "(d.id ilike ? or d.hardware_class ilike ?)", pattern, pattern);
        }
        if (!query.hardware().isEmpty()) {
            conditions.add("hardware", "d.hardware_class = any (?)", query.hardware());
        }
        if (!query.kinds().isEmpty()) {
            conditions.add("", "d.kind = any (?)", query.kinds());
        }
        query.members().ifPresent(members -> conditions.add("", "d.id = any (?)", members));
        if (!query.models().isEmpty() || !query.versions().isEmpty()) {
            conditions.add(
                    "version",
                    "exists (select 1 from device_slot s where s.device_id = d.id"
                            + " and (cardinality(?::text[]) = 0 or s.active_model = any (?))"
                            + " and (cardinality(?::text[]) = 0 or s.active_version = any (?)))",
                    query.models(),
                    query.models(),
                    query.versions(),
                    query.versions());
        }
        return conditions;
    }

    Page page(DeviceQuery query) {
        Conditions conditions = conditions(query);
        return database.query(connection -> {
            long total = count(connection, conditions);
            List<DeviceId> ids = new ArrayList<>();
            List<Cursor> cursors = new ArrayList<>();
            String direction = query.ascending() ? "asc" : "desc";
            String sort = query.sort().expression();
            String after = query.cursor().isEmpty()
                    ? ""
                    : " and (" + sort + ", d.id) " + (query.ascending() ? ">" : "<") + " (?::"
                            + query.sort().type() + ", ?)";
            try (PreparedStatement statement = connection.prepareStatement("select d.id, (" + sort
                    + ")::text as sort_value" + FROM + conditions.where("none") + after + " order by " + sort + " "
                    + direction + ", d.id " + direction + " limit ?")) {
                int index = conditions.bind(statement, "none");
                if (query.cursor().isPresent()) {
                    statement.setString(index++, query.cursor().get().value());
                    statement.setString(index++, query.cursor().get().id());
                }
                statement.setInt(index, query.limit() + 1);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        ids.add(new DeviceId(row.getString(1)));
                        cursors.add(new Cursor(row.getString(2), row.getString(1)));
                    }
                }
            }
            boolean more = ids.size() > query.limit();
            return new Page(
                    List.copyOf(more ? ids.subList(0, query.limit()) : ids),
                    total,
                    more ? Optional.of(cursors.get(query.limit() - 1)) : Optional.empty());
        });
    }

    private static long count(Connection connection, Conditions conditions) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select count(*) from device d" + conditions.where("none"))) {
            conditions.bind(statement, "none");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** What could be chosen beside each selection: a facet counts under all others, not under its own. */
    record Facets(Map<String, Long> states, Map<String, Long> hardware, Map<String, Long> versions) {}

    Facets facets(DeviceQuery query) {
        Conditions conditions = conditions(query);
        return database.query(connection -> new Facets(
                facet(connection, conditions, "state", "d.state", ""),
                facet(connection, conditions, "hardware", "d.hardware_class", ""),
                facet(
                        connection,
                        conditions,
                        "version",
                        "s.active_model || ' ' || s.active_version",
                        " join device_slot s on s.device_id = d.id and s.active_sha256 is not null")));
    }

    private static Map<String, Long> facet(
            Connection connection, Conditions conditions, String name, String value, String join) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select " + value
                + ", count(distinct d.id) from device d" + join + conditions.where(name) + " group by 1")) {
            conditions.bind(statement, name);
            Map<String, Long> counts = new TreeMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    counts.put(row.getString(1), row.getLong(2));
                }
            }
            return counts;
        }
    }
}
