package io.tinyfleet.server.device;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.SqlColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The slots of devices. A device's row is locked before its slots are written. */
@ApplicationScoped
class SlotRepository {
    private final Database database;

    SlotRepository(Database database) {
        this.database = database;
    }

    /** Devices whose slot reports the file as active. */
    Map<Digest, Long> countRunning(Collection<Digest> artifacts) {
        Map<Digest, Long> counts = new HashMap<>();
        database.list(
                        "select active_sha256, count(*) as devices from device_slot"
                                + " where active_sha256 = any(?) group by active_sha256",
                        (statement, connection) -> statement.setArray(
                                1,
                                connection.createArrayOf(
                                        "bytea",
                                        artifacts.stream()
                                                .map(Digest::toByteArray)
                                                .toArray(byte[][]::new))),
                        row -> Map.entry(Digest.fromBytes(row.getBytes("active_sha256")), row.getLong("devices")))
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
        return counts;
    }

    /** Writes all slots of these devices; slots that a device no longer reports are gone. */
    void update(Collection<DeviceRow> devices) {
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
                "boolean",
                "text",
                "bigint",
                "boolean",
                "boolean",
                "text",
                "text",
                "timestamptz",
                "bigint",
                "bigint",
                "bytea",
                "timestamptz");
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
            + " latency_p95_millis, energy_millijoules, energy_label, failed_share, throttled,"
            + " attempt_encoding, bytes_on_wire, active_factory, previous_factory, input_state, input_reason,"
            + " input_since, asked_by_applications, input_dropped, shadow, shadow_updated_at)"
            + " select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
            + " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
            + " failed_share = excluded.failed_share, throttled = excluded.throttled,"
            + " attempt_encoding = excluded.attempt_encoding, bytes_on_wire = excluded.bytes_on_wire,"
            + " active_factory = excluded.active_factory, previous_factory = excluded.previous_factory,"
            + " input_state = excluded.input_state, input_reason = excluded.input_reason,"
            + " input_since = excluded.input_since,"
            + " asked_by_applications = excluded.asked_by_applications, input_dropped = excluded.input_dropped,"
            + " shadow = excluded.shadow, shadow_updated_at = excluded.shadow_updated_at";

    private static void deleteOtherSlots(Connection connection, Collection<DeviceRow> devices, SqlColumns kept)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("delete from device_slot where"
                + " (device_id, slot) not in (select * from unnest(?, ?)) and device_id = any (?)")) {
            kept.bind(connection, statement);
            statement.setArray(
                    3,
                    DeviceRepository.texts(
                            connection, devices.stream().map(DeviceRow::id).toList()));
            statement.executeUpdate();
        }
    }

    private static void addSlot(SqlColumns columns, DeviceId device, SlotRow slot) {
        InstalledArtifactView active = slot.active();
        InstalledArtifactView previous = slot.previous();
        AttemptSnapshot attempt = slot.attempt();
        AttemptSnapshot.Download download = attempt == null ? AttemptSnapshot.Download.NONE : attempt.download();
        SlotRow.Figures figures = slot.figures();
        InputSnapshot input = slot.input();
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
                download.chunksWritten(),
                download.chunksRepeated(),
                download.chunksRefused(),
                attempt == null ? null : DeviceRepository.utc(attempt.updatedAt()),
                figures.artifact() == null ? null : figures.artifact().toByteArray(),
                figures.boot(),
                figures.seq(),
                figures.latencyP95Millis(),
                figures.energyMillijoules(),
                figures.energyLabel(),
                figures.failedShare(),
                figures.throttled(),
                download.encoding() == EncodingKind.ENCODING_KIND_UNSPECIFIED
                        ? null
                        : download.encoding().name(),
                download.bytesOnWire(),
                active != null && active.factory(),
                previous != null && previous.factory(),
                input == null ? null : input.state().name(),
                input == null ? null : input.reason(),
                input == null ? null : DeviceRepository.utc(input.since()),
                figures.askedByApplications(),
                figures.inputDropped(),
                slot.shadow() == null ? null : slot.shadow().attempt().toByteArray(),
                slot.shadow() == null
                        ? null
                        : DeviceRepository.utc(slot.shadow().updatedAt()));
    }

    static Map<DeviceId, Map<SlotName, SlotRow>> read(Connection connection, Collection<DeviceId> ids)
            throws SQLException {
        Map<DeviceId, Map<SlotName, SlotRow>> slots = new TreeMap<>();
        try (PreparedStatement statement =
                connection.prepareStatement("select * from device_slot where device_id = any (?)")) {
            statement.setArray(1, DeviceRepository.texts(connection, ids));
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

    private static SlotRow slot(ResultSet row) throws SQLException {
        byte[] figuresOf = row.getBytes("figures_sha256");
        return new SlotRow(
                new SlotName(row.getString("slot")),
                artifact(row, "active"),
                artifact(row, "previous"),
                attempt(row),
                input(row),
                shadow(row),
                new SlotRow.Figures(
                        figuresOf == null ? null : Digest.fromBytes(figuresOf),
                        row.getLong("figures_boot"),
                        row.getLong("figures_seq"),
                        DeviceRepository.number(row, "latency_p95_millis"),
                        DeviceRepository.number(row, "energy_millijoules"),
                        row.getString("energy_label"),
                        DeviceRepository.number(row, "failed_share"),
                        row.getBoolean("throttled"),
                        row.getLong("asked_by_applications"),
                        row.getLong("input_dropped")));
    }

    private static @Nullable InstalledArtifactView artifact(ResultSet row, String which) throws SQLException {
        byte[] sha256 = row.getBytes(which + "_sha256");
        return sha256 == null
                ? null
                : new InstalledArtifactView(
                        Digest.fromBytes(sha256),
                        new ReleaseId(row.getObject(which + "_release_id", UUID.class)),
                        row.getString(which + "_model"),
                        row.getString(which + "_version"),
                        row.getBoolean(which + "_factory"));
    }

    private static @Nullable InputSnapshot input(ResultSet row) throws SQLException {
        String state = row.getString("input_state");
        return state == null
                ? null
                : new InputSnapshot(
                        InputSnapshot.State.valueOf(state),
                        row.getString("input_reason"),
                        DeviceRepository.requireInstant(row, "input_since"));
    }

    private static SlotRow.@Nullable ShadowReport shadow(ResultSet row) throws SQLException {
        byte[] stored = row.getBytes("shadow");
        try {
            return stored == null
                    ? null
                    : new SlotRow.ShadowReport(
                            Attempt.parseFrom(stored), DeviceRepository.requireInstant(row, "shadow_updated_at"));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a stored shadow cannot be read", e);
        }
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
                        download(row),
                        DeviceRepository.requireInstant(row, "attempt_updated_at"));
    }

    private static AttemptSnapshot.Download download(ResultSet row) throws SQLException {
        String encoding = row.getString("attempt_encoding");
        return new AttemptSnapshot.Download(
                encoding == null ? EncodingKind.ENCODING_KIND_UNSPECIFIED : EncodingKind.valueOf(encoding),
                row.getLong("bytes_on_wire"),
                row.getLong("chunks_written"),
                row.getLong("chunks_repeated"),
                row.getLong("chunks_refused"));
    }
}
