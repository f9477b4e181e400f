package io.tinyfleet.server.device;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Phase;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The devices and their slots. In sets and without optimistic locks: heartbeats of one device come over two links and
 * must never lose to each other. Rows are locked in the order of ids, so that two batches cannot wait for each other.
 */
@ApplicationScoped
class DeviceRepository {
    private static final String DEVICE_COLUMNS = "d.id, d.kind, d.hardware_class, d.key_generation, d.retired_at,"
            + " d.quarantined_at, d.quarantine_reason, d.presence, d.presence_reason, d.presence_since,"
            + " d.presence_boot, d.presence_connection, d.presence_ended, d.boot_counter, d.last_seen,"
            + " d.online_millis, d.online_credited_to, d.facts, d.reported_boot, d.reported_seq,"
            + " d.reported_desired_seq, d.state, d.state_reason";

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

    /** Devices whose slot reports the file as active. */
    Map<Digest, Long> countRunning(Collection<Digest> artifacts) {
        return database.query(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("select active_sha256, count(*) as devices from device_slot"
                            + " where active_sha256 = any(?) group by active_sha256")) {
                statement.setArray(
                        1,
                        connection.createArrayOf(
                                "bytea",
                                artifacts.stream().map(Digest::toByteArray).toArray(byte[][]::new)));
                Map<Digest, Long> counts = new HashMap<>();
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        counts.put(Digest.fromBytes(row.getBytes("active_sha256")), row.getLong("devices"));
                    }
                }
                return counts;
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
                "timestamptz");
        for (DeviceRow device : devices) {
            PresenceRecord presence = device.presence();
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
                    utc(device.retiredAt()));
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
                        + " retired_at = u.retired_at"
                        + " from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " as u (id, presence, presence_reason, presence_since, presence_boot,"
                        + " presence_connection, presence_ended, boot_counter, last_seen, online_millis,"
                        + " online_credited_to, facts, agent_version, reported_boot, reported_seq,"
                        + " reported_desired_seq, state, state_reason, quarantined_at, quarantine_reason,"
                        + " retired_at) where d.id = u.id"));
    }

    /** Writes all slots of these devices; slots that a device no longer reports are gone. */
    void updateSlots(Collection<DeviceRow> devices) {
        SqlColumns kept = new SqlColumns("text", "text");
        SqlColumns columns = new SqlColumns(
                "text",
                "text",
                "bytea",
                "uuid",
                "text",
                "text",
                "bytea",
                "uuid",
                "text",
                "text",
                "uuid",
                "bytea",
                "integer",
                "text",
                "text",
                "bigint",
                "bigint",
                "bigint",
                "bigint",
                "bigint",
                "bigint",
                "bigint",
                "timestamptz",
                "bytea",
                "bigint",
                "bigint",
                "float8",
                "float8",
                "text",
                "float8",
                "boolean");
        for (DeviceRow device : devices) {
            for (SlotRow slot : device.slots().values()) {
                kept.add(device.id().value(), slot.slot().value());
                addSlot(columns, device.id(), slot);
            }
        }
        database.run(connection -> {
            deleteOtherSlots(connection, devices, kept);
            columns.execute(connection, UPSERT_SLOTS);
        });
    }

    private static final String UPSERT_SLOTS = "insert into device_slot as s (device_id, slot, active_sha256,"
            + " active_release_id, active_model, active_version, previous_sha256, previous_release_id,"
            + " previous_model, previous_version, attempt_id, attempt_sha256, attempt_phase, attempt_reason,"
            + " attempt_detail, bytes_done, bytes_total, probation_seconds, probation_inferences, chunks_written,"
            + " chunks_repeated, chunks_refused, attempt_updated_at, figures_sha256, figures_boot, figures_seq,"
            + " latency_p95_millis, energy_millijoules, energy_label, failed_share, throttled)"
            + " select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            + " ?, ?, ?, ?, ?)"
            + " on conflict (device_id, slot) do update set active_sha256 = excluded.active_sha256,"
            + " active_release_id = excluded.active_release_id, active_model = excluded.active_model,"
            + " active_version = excluded.active_version, previous_sha256 = excluded.previous_sha256,"
            + " previous_release_id = excluded.previous_release_id, previous_model = excluded.previous_model,"
            + " previous_version = excluded.previous_version, attempt_id = excluded.attempt_id,"
            + " attempt_sha256 = excluded.attempt_sha256, attempt_phase = excluded.attempt_phase,"
            + " attempt_reason = excluded.attempt_reason, attempt_detail = excluded.attempt_detail,"
            + " bytes_done = excluded.bytes_done, bytes_total = excluded.bytes_total,"
            + " probation_seconds = excluded.probation_seconds,"
            + " probation_inferences = excluded.probation_inferences, chunks_written = excluded.chunks_written,"
            + " chunks_repeated = excluded.chunks_repeated, chunks_refused = excluded.chunks_refused,"
            + " attempt_updated_at = excluded.attempt_updated_at, figures_sha256 = excluded.figures_sha256,"
            + " figures_boot = excluded.figures_boot, figures_seq = excluded.figures_seq,"
            + " latency_p95_millis = excluded.latency_p95_millis,"
            + " energy_millijoules = excluded.energy_millijoules, energy_label = excluded.energy_label,"
            + " failed_share = excluded.failed_share, throttled = excluded.throttled";

    private static void deleteOtherSlots(Connection connection, Collection<DeviceRow> devices, SqlColumns kept)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("delete from device_slot where"
                + " (device_id, slot) not in (select * from unnest(?, ?)) and device_id = any (?)")) {
            kept.bind(connection, statement);
            statement.setArray(
                    3, texts(connection, devices.stream().map(DeviceRow::id).toList()));
            statement.executeUpdate();
        }
    }

    private static void addSlot(SqlColumns columns, DeviceId device, SlotRow slot) {
        InstalledArtifactView active = slot.active();
        InstalledArtifactView previous = slot.previous();
        AttemptSnapshot attempt = slot.attempt();
        SlotRow.Figures figures = slot.figures();
        columns.add(
                device.value(),
                slot.slot().value(),
                active == null ? null : active.artifact().toByteArray(),
                active == null ? null : active.release().value(),
                active == null ? null : active.model(),
                active == null ? null : active.version(),
                previous == null ? null : previous.artifact().toByteArray(),
                previous == null ? null : previous.release().value(),
                previous == null ? null : previous.model(),
                previous == null ? null : previous.version(),
                attempt == null ? null : attempt.id().value(),
                attempt == null ? null : attempt.artifact().toByteArray(),
                attempt == null ? null : attempt.phase().getNumber(),
                attempt == null ? null : attempt.reason(),
                attempt == null ? null : attempt.detail(),
                attempt == null ? 0L : attempt.bytesDone(),
                attempt == null ? 0L : attempt.bytesTotal(),
                attempt == null ? 0L : attempt.probationSeconds(),
                attempt == null ? 0L : attempt.probationInferences(),
                attempt == null ? 0L : attempt.chunksWritten(),
                attempt == null ? 0L : attempt.chunksRepeated(),
                attempt == null ? 0L : attempt.chunksRefused(),
                attempt == null ? null : utc(attempt.updatedAt()),
                figures.artifact() == null ? null : figures.artifact().toByteArray(),
                figures.boot(),
                figures.seq(),
                figures.latencyP95Millis(),
                figures.energyMillijoules(),
                figures.energyLabel(),
                figures.failedShare(),
                figures.throttled());
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
        Map<DeviceId, Map<SlotName, SlotRow>> slots = slots(connection, bare.keySet());
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
                new StateReason(DeviceState.valueOf(row.getString("state")), row.getString("state_reason")));
    }

    private static DeviceFacts facts(byte[] stored) {
        try {
            return DeviceFacts.parseFrom(stored);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("stored device facts cannot be read", e);
        }
    }

    private static Map<DeviceId, Map<SlotName, SlotRow>> slots(Connection connection, Collection<DeviceId> ids)
            throws SQLException {
        Map<DeviceId, Map<SlotName, SlotRow>> slots = new TreeMap<>();
        try (PreparedStatement statement =
                connection.prepareStatement("select * from device_slot where device_id = any (?)")) {
            statement.setArray(1, texts(connection, ids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    SlotRow slot = slot(row);
                    slots.computeIfAbsent(new DeviceId(row.getString("device_id")), id -> new TreeMap<>())
                            .put(slot.slot(), slot);
                }
            }
        }
        return slots;
    }

    static SlotRow slot(ResultSet row) throws SQLException {
        byte[] figuresOf = row.getBytes("figures_sha256");
        return new SlotRow(
                new SlotName(row.getString("slot")),
                artifact(row, "active"),
                artifact(row, "previous"),
                attempt(row),
                new SlotRow.Figures(
                        figuresOf == null ? null : Digest.fromBytes(figuresOf),
                        row.getLong("figures_boot"),
                        row.getLong("figures_seq"),
                        number(row, "latency_p95_millis"),
                        number(row, "energy_millijoules"),
                        row.getString("energy_label"),
                        number(row, "failed_share"),
                        row.getBoolean("throttled")));
    }

    private static @Nullable InstalledArtifactView artifact(ResultSet row, String which) throws SQLException {
        byte[] sha256 = row.getBytes(which + "_sha256");
        return sha256 == null
                ? null
                : new InstalledArtifactView(
                        Digest.fromBytes(sha256),
                        new ReleaseId(row.getObject(which + "_release_id", UUID.class)),
                        row.getString(which + "_model"),
                        row.getString(which + "_version"));
    }

    private static @Nullable AttemptSnapshot attempt(ResultSet row) throws SQLException {
        UUID id = row.getObject("attempt_id", UUID.class);
        return id == null
                ? null
                : new AttemptSnapshot(
                        new AttemptId(id),
                        Digest.fromBytes(row.getBytes("attempt_sha256")),
                        Optional.ofNullable(Phase.forNumber(row.getInt("attempt_phase")))
                                .orElse(Phase.UNRECOGNIZED),
                        row.getString("attempt_reason"),
                        row.getString("attempt_detail"),
                        row.getLong("bytes_done"),
                        row.getLong("bytes_total"),
                        row.getLong("probation_seconds"),
                        row.getLong("probation_inferences"),
                        row.getLong("chunks_written"),
                        row.getLong("chunks_repeated"),
                        row.getLong("chunks_refused"),
                        requireInstant(row, "attempt_updated_at"));
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
