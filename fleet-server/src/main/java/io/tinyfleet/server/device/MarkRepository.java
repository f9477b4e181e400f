package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.server.device.StoredMarks.Range;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The marks of what is stored. Read and written only while the devices' rows are locked. */
@ApplicationScoped
class MarkRepository {
    /** Boots back from the newest whose marks are kept; an outbox does not reach further. */
    static final int MAX_BOOTS = 500;

    private final Database database;

    MarkRepository(Database database) {
        this.database = database;
    }

    /** One stream of one boot of one device. */
    record Key(DeviceId device, Stream stream, long boot) {}

    Map<Key, StoredMarks> find(Collection<Key> keys) {
        SqlColumns wanted = new SqlColumns("text", "smallint", "bigint");
        keys.forEach(key -> wanted.add(key.device.value(), (short) key.stream.getNumber(), key.boot));
        if (wanted.isEmpty()) {
            return Map.of();
        }
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "select m.* from stored_mark m join unnest(?, ?, ?) as w (device_id, stream, boot_counter)"
                            + " using (device_id, stream, boot_counter)")) {
                wanted.bind(connection, statement);
                Map<Key, StoredMarks> found = new HashMap<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        Key key = new Key(
                                new DeviceId(row.getString("device_id")),
                                Stream.forNumber(row.getInt("stream")),
                                row.getLong("boot_counter"));
                        found.put(key, marks(row));
                    }
                }
                return found;
            }
        });
    }

    private static StoredMarks marks(ResultSet row) throws SQLException {
        Long[] ends = (Long[]) row.getArray("beyond").getArray();
        List<Range> beyond = new ArrayList<>(ends.length / 2);
        for (int i = 0; i < ends.length; i += 2) {
            beyond.add(new Range(ends[i], ends[i + 1]));
        }
        return new StoredMarks(row.getLong("up_to"), beyond, row.getLong("skipped"));
    }

    void store(Map<Key, StoredMarks> marks) {
        SqlColumns columns = new SqlColumns("text", "smallint", "bigint", "bigint", "text", "bigint");
        marks.forEach((key, value) -> columns.add(
                key.device.value(),
                (short) key.stream.getNumber(),
                key.boot,
                value.upTo(),
                arrayText(value.beyond()),
                value.skipped()));
        database.run(connection -> columns.execute(
                connection,
                "insert into stored_mark (device_id, stream, boot_counter, up_to, beyond, skipped)"
                        + " select device_id, stream, boot_counter, up_to, beyond::bigint[], skipped"
                        + " from unnest(?, ?, ?, ?, ?, ?)"
                        + " as u (device_id, stream, boot_counter, up_to, beyond, skipped)"
                        + " on conflict (device_id, stream, boot_counter) do update set up_to = excluded.up_to,"
                        + " beyond = excluded.beyond, skipped = excluded.skipped"));
    }

    private static String arrayText(List<Range> ranges) {
        StringBuilder text = new StringBuilder("{");
        for (Range range : ranges) {
            text.append(text.length() > 1 ? "," : "")
                    .append(range.first())
                    .append(',')
                    .append(range.last());
        }
        return text.append('}').toString();
    }

    /** Forgets the marks of boots that are long over. */
    int prune() {
        return database.query((Connection connection) -> {
            try (PreparedStatement statement = connection.prepareStatement("delete from stored_mark m using device d"
                    + " where m.device_id = d.id and m.boot_counter < d.boot_counter - ?")) {
                statement.setLong(1, MAX_BOOTS);
                return statement.executeUpdate();
            }
        });
    }
}
