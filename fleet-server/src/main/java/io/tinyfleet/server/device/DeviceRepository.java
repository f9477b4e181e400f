package io.tinyfleet.server.device;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.server.device.DeviceRow.ReportedMark;
import io.tinyfleet.server.device.DeviceRow.StateReason;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The devices. In sets and without optimistic locks: heartbeats of one device come over two links and
 * must never lose to each other. Rows are locked in the order of ids, so that two batches cannot wait for each other.
 */
@ApplicationScoped
class DeviceRepository {
    private static final String DEVICE_COLUMNS = "d.id, d.kind, d.hardware_class, d.key_generation, d.retired_at,"
            + " d.quarantined_at, d.quarantine_reason, d.presence, d.presence_reason, d.presence_since,"
            + " d.presence_boot, d.presence_connection, d.presence_ended, d.boot_counter, d.last_seen,"
            + " d.online_millis, d.online_credited_to, d.facts, d.reported_boot, d.reported_seq,"
            + " d.reported_desired_seq, d.state, d.state_reason, d.trouble_code, d.trouble_sentence";

    private final Database database;

    DeviceRepository(Database database) {
        this.database = database;
    }

    /** Locks and reads; unknown ids are left out. */
    Map<DeviceId, DeviceRow> lock(Collection<DeviceId> ids) {
        return read("where d.id = any (?) order by d.id for no key update", ids);
    }

    Map<DeviceId, DeviceRow> read(Collection<DeviceId> ids) {
        return read("where d.id = any (?) order by d.id", ids);
    }

    private Map<DeviceId, DeviceRow> read(String where, Collection<DeviceId> ids) {
        return database.query(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("select " + DEVICE_COLUMNS + " from device d " + where)) {
                statement.setArray(1, texts(connection, ids));
                return rows(connection, statement);
            }
        });
    }

    Map<DeviceId, DeviceRow> readAll(DeviceFilter filter) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select " + DEVICE_COLUMNS
                    + " from device d where d.retired_at is null"
                    + " and (cardinality(?::text[]) = 0 or d.id = any (?))"
                    + " and (cardinality(?::text[]) = 0 or d.hardware_class = any (?)) order by d.id")) {
                Array ids = texts(connection, filter.devices());
                Array hardware = connection.createArrayOf(
                        "text", filter.hardwareClasses().toArray());
                statement.setArray(1, ids);
                statement.setArray(2, ids);
                statement.setArray(3, hardware);
                statement.setArray(4, hardware);
                return rows(connection, statement);
            }
        });
    }

    boolean exists(DeviceId id) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select 1 from device where id = ?")) {
                statement.setString(1, id.value());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next();
                }
            }
        });
    }

    /** Ids of devices that are online or unknown and have not been heard since then. */
    List<DeviceId> silentSince(Instant then) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "select id from device where retired_at is null and (presence = 'ONLINE' and last_seen < ?"
                            + " or presence = 'UNKNOWN' and presence_since < ?) order by id")) {
                statement.setObject(1, utc(then));
                statement.setObject(2, utc(then));
                List<DeviceId> ids = new ArrayList<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        ids.add(new DeviceId(row.getString(1)));
                    }
                }
                return ids;
            }
        });
    }

    /** The server has just started: nobody has been heard yet. */
    int markAllUnknown(Instant now) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "update device set presence = 'UNKNOWN', presence_reason = 'server started, not heard yet',"
                            + " presence_since = ?, online_credited_to = null,"
                            + " state = case when quarantined_at is null then 'UNKNOWN' else state end,"
                            + " state_reason = case when quarantined_at is null"
                            + " then 'server started, not heard yet' else state_reason end"
                            + " where retired_at is null")) {
                statement.setObject(1, utc(now));
                return statement.executeUpdate();
            }
        });
    }

    void update(Collection<DeviceRow> devices) {
        SqlColumns columns = new SqlColumns(
                "text",
                "text",
                "text",
                "timestamptz",
                "bigint",
                "bigint",
                "boolean",
                "bigint",
                "timestamptz",
                "bigint",
                "timestamptz",
                "bytea",
                "text",
                "bigint",
                "bigint",
                "bigint",
                "text",
                "text",
                "timestamptz",
                "text",
                "timestamptz",
                "text",
                "text");
        for (DeviceRow device : devices) {
            PresenceRecord presence = device.presence();
            DeviceRow.Trouble trouble = device.trouble();
            columns.add(
                    device.id().value(),
                    presence.presence().name(),
                    presence.reason(),
                    utc(presence.since()),
                    presence.boot(),
                    presence.connection(),
                    presence.ended(),
                    device.bootCounter(),
                    utc(presence.lastSeen()),
                    presence.onlineMillis(),
                    utc(presence.creditedTo()),
                    device.facts().toByteArray(),
                    device.facts().getAgentVersion(),
                    device.reported().boot(),
                    device.reported().seq(),
                    device.reported().desiredSeq(),
                    device.state().state().name(),
                    device.state().reason(),
                    utc(device.quarantinedAt()),
                    device.quarantineReason(),
                    utc(device.retiredAt()),
                    trouble == null ? null : trouble.code(),
                    trouble == null ? null : trouble.sentence());
        }
        database.run(connection -> columns.execute(
                connection,
                "update device d set presence = u.presence, presence_reason = u.presence_reason,"
                        + " presence_since = u.presence_since, presence_boot = u.presence_boot,"
                        + " presence_connection = u.presence_connection, presence_ended = u.presence_ended,"
                        + " boot_counter = u.boot_counter, last_seen = u.last_seen,"
                        + " online_millis = u.online_millis, online_credited_to = u.online_credited_to,"
                        + " facts = u.facts, agent_version = u.agent_version, reported_boot = u.reported_boot,"
                        + " reported_seq = u.reported_seq, reported_desired_seq = u.reported_desired_seq,"
                        + " state = u.state, state_reason = u.state_reason,"
                        + " quarantined_at = u.quarantined_at, quarantine_reason = u.quarantine_reason,"
                        + " retired_at = u.retired_at, trouble_code = u.trouble_code,"
                        + " trouble_sentence = u.trouble_sentence"
                        + " from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " as u (id, presence, presence_reason, presence_since, presence_boot,"
                        + " presence_connection, presence_ended, boot_counter, last_seen, online_millis,"
                        + " online_credited_to, facts, agent_version, reported_boot, reported_seq,"
                        + " reported_desired_seq, state, state_reason, quarantined_at, quarantine_reason,"
                        + " retired_at, trouble_code, trouble_sentence) where d.id = u.id"));
    }

    private static Map<DeviceId, DeviceRow> rows(Connection connection, PreparedStatement statement)
            throws SQLException {
        Map<DeviceId, DeviceRow> bare = new TreeMap<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                DeviceRow device = device(row);
                bare.put(device.id(), device);
            }
        }
        Map<DeviceId, Map<SlotName, SlotRow>> slots = SlotRepository.read(connection, bare.keySet());
        Map<DeviceId, DeviceRow> devices = new TreeMap<>();
        bare.forEach((id, device) ->
                devices.put(id, device.withReported(device.reported(), slots.getOrDefault(id, Map.of()))));
        return devices;
    }

    private static DeviceRow device(ResultSet row) throws SQLException {
        PresenceRecord presence = new PresenceRecord(
                DevicePresence.valueOf(row.getString("presence")),
                row.getString("presence_reason"),
                requireInstant(row, "presence_since"),
                row.getLong("presence_boot"),
                row.getLong("presence_connection"),
                row.getBoolean("presence_ended"),
                instant(row, "last_seen"),
                row.getLong("online_millis"),
                instant(row, "online_credited_to"));
        String quarantineReason = row.getString("quarantine_reason");
        return new DeviceRow(
                new DeviceId(row.getString("id")),
                DeviceKind.valueOf(row.getString("kind")),
                row.getString("hardware_class"),
                row.getInt("key_generation"),
                instant(row, "retired_at"),
                instant(row, "quarantined_at"),
                quarantineReason == null ? "" : quarantineReason,
                presence,
                row.getLong("boot_counter"),
                facts(row.getBytes("facts")),
                new ReportedMark(
                        row.getLong("reported_boot"), row.getLong("reported_seq"), row.getLong("reported_desired_seq")),
                Map.of(),
                row.getString("trouble_code") == null
                        ? null
                        : new DeviceRow.Trouble(row.getString("trouble_code"), row.getString("trouble_sentence")),
                new StateReason(DeviceState.valueOf(row.getString("state")), row.getString("state_reason")));
    }

    private static DeviceFacts facts(byte[] stored) {
        try {
            return DeviceFacts.parseFrom(stored);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("stored device facts cannot be read", e);
        }
    }

    /** Which key this id belongs to. */
    Optional<Enrolments.DeviceKey> findKey(DeviceId id, String lockClause) {
        return database.query(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("select id, key_digest, key_generation,"
                    + " enrolment_token_id, kind, retired_at from device where id = ?" + lockClause)) {
                statement.setString(1, id.value());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Enrolments.DeviceKey(
                                    new DeviceId(row.getString("id")),
                                    Digest.fromBytes(row.getBytes("key_digest")),
                                    row.getInt("key_generation"),
                                    row.getObject("enrolment_token_id", UUID.class),
                                    DeviceKind.valueOf(row.getString("kind")),
                                    instant(row, "retired_at") != null))
                            : Optional.empty();
                }
            }
        });
    }

    /** Stores a device as enrolled; a retired one starts anew under its next key. */
    void insert(Enrolled enrolled, Instant now) {
        database.run(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "insert into device (id, kind, hardware_class, public_key, key_digest, key_generation,"
                            + " enrolment_token_id, enrolled_at, presence, presence_reason, presence_since, state,"
                            + " state_reason) values (?, ?, ?, ?, ?, ?, ?, ?, 'UNKNOWN', ?, ?, 'UNKNOWN', ?)"
                            + " on conflict (id) do update set kind = excluded.kind,"
                            + " hardware_class = excluded.hardware_class, public_key = excluded.public_key,"
                            + " key_digest = excluded.key_digest, key_generation = device.key_generation + 1,"
                            + " enrolment_token_id = excluded.enrolment_token_id,"
                            + " enrolled_at = excluded.enrolled_at, retired_at = null, quarantined_at = null,"
                            + " quarantine_reason = null, presence = excluded.presence,"
                            + " presence_reason = excluded.presence_reason,"
                            + " presence_since = excluded.presence_since, presence_boot = 0,"
                            + " presence_connection = 0, presence_ended = false, boot_counter = 0,"
                            + " facts = '', reported_boot = 0, reported_seq = 0, reported_desired_seq = 0,"
                            + " trouble_code = null, trouble_sentence = null,"
                            + " online_credited_to = null, state = excluded.state,"
                            + " state_reason = excluded.state_reason where device.retired_at is not null")) {
                String reason = PresenceRecord.enrolled(now).reason();
                statement.setString(1, enrolled.device().value());
                statement.setString(2, enrolled.kind().name());
                statement.setString(3, enrolled.hardwareClass());
                statement.setBytes(4, enrolled.publicKey().toByteArray());
                statement.setBytes(
                        5, Digest.of(enrolled.publicKey().toByteArray()).toByteArray());
                statement.setInt(6, 1);
                statement.setObject(7, enrolled.token());
                statement.setObject(8, utc(now));
                statement.setString(9, reason);
                statement.setObject(10, utc(now));
                statement.setString(11, reason);
                if (statement.executeUpdate() == 0) {
                    throw Problem.conflict(
                            "device-id-taken",
                            "Device " + enrolled.device() + " was enrolled by somebody else a moment ago.");
                }
            }
            for (String table : List.of("stored_mark", "device_slot")) {
                try (PreparedStatement statement =
                        connection.prepareStatement("delete from " + table + " where device_id = ?")) {
                    statement.setString(1, enrolled.device().value());
                    statement.executeUpdate();
                }
            }
        });
    }

    /** A device that has shown its key. */
    record Enrolled(DeviceId device, DeviceKind kind, String hardwareClass, ByteString publicKey, UUID token) {}

    static Array texts(Connection connection, Collection<DeviceId> ids) throws SQLException {
        return connection.createArrayOf(
                "text", ids.stream().map(DeviceId::value).toArray());
    }

    static @Nullable OffsetDateTime utc(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    static Instant requireInstant(ResultSet row, String column) throws SQLException {
        Instant value = instant(row, column);
        if (value == null) {
            throw new SQLException(column + " is null where it must not be");
        }
        return value;
    }

    static @Nullable Double number(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }
}
