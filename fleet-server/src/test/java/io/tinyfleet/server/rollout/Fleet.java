package io.tinyfleet.server.rollout;

import com.google.protobuf.ByteString;
import io.agroal.api.AgroalDataSource;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/** Devices and releases as rows of the real database: what the devices would have reported over MQTT is written here. */
final class Fleet {
    private final AgroalDataSource database;

    Fleet(AgroalDataSource database) {
        this.database = database;
    }

    // ---- releases

    /** A release with one variant for ONNX Runtime; the file is named by the text. */
    UUID release(String model, String version, String file) {
        UUID id = UUID.randomUUID();
        Release manifest = Release.newBuilder()
                .setReleaseId(bytes(id))
                .setModel(model)
                .setVersion(version)
                .addVariants(Variant.newBuilder()
                        .setName("onnx-fp32")
                        .setTarget(Target.newBuilder()
                                .setSha256(digest(file).toBytes())
                                .setSize(1000)
                                .setFormat(ModelFormat.ONNX))
                        .setCompatibility(Compatibility.newBuilder()
                                .setRuntime("onnxruntime")
                                .setRamPeakBytes(40_000_000)))
                .build();
        run(
                "insert into model (name, licence, created_at, created_by) values (?, 'MIT', now(), 'test')"
                        + " on conflict do nothing",
                model);
        run(
                "insert into release (id, model, version, security_version, licence, envelope_sha256, envelope_bytes,"
                        + " manifest, created_at, created_by) values (?, ?, ?, 0, 'MIT', ?, 100, ?, now(), 'test')",
                id,
                model,
                version,
                digest("envelope " + id).toBytes().toByteArray(),
                manifest.toByteArray());
        return id;
    }

    static Digest digest(String text) {
        return Digest.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }

    // ---- devices

    void device(String id, String hardware) {
        device(id, hardware, 512_000_000);
    }

    void device(String id, String hardware, long ramBytes) {
        UUID token = UUID.randomUUID();
        DeviceFacts facts = DeviceFacts.newBuilder()
                .setHardwareClass(hardware)
                .setArch("x86_64")
                .setLibc("glibc 2.36")
                .setRamBytes(ramBytes)
                .setFlashFreeBytes(1_000_000_000)
                .addRuntimes(Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2"))
                .build();
        run(
                "insert into enrolment_token (id, name, token_hash, kind, max_uses, uses, created_by, created_at,"
                        + " expires_at) values (?, 't', ?, 'REPLAY', 1, 1, 'test', now(), now())",
                token,
                digest(token.toString()).toBytes().toByteArray());
        run(
                "insert into device (id, kind, hardware_class, public_key, key_digest, key_generation,"
                        + " enrolment_token_id, enrolled_at, presence, presence_reason, presence_since, last_seen,"
                        + " facts, state, state_reason) values (?, 'REPLAY', ?, '\\x00', ?, 1, ?, now(), 'ONLINE', '',"
                        + " now(), now(), ?, 'HEALTHY', '')",
                id,
                hardware,
                digest(id).toBytes().toByteArray(),
                token,
                facts.toByteArray());
    }

    void presence(String device, String presence) {
        run("update device set presence = ?, presence_since = now(), last_seen = now() where id = ?", presence, device);
    }

    void quarantine(String device) {
        run("update device set quarantined_at = now(), quarantine_reason = 'test' where id = ?", device);
    }

    /** The device runs this. */
    void runs(String device, String slot, UUID release, String model, String version, String file) {
        run("insert into device_slot (device_id, slot) values (?, ?) on conflict do nothing", device, slot);
        run(
                "update device_slot set active_sha256 = ?, active_release_id = ?, active_model = ?, active_version = ?"
                        + " where device_id = ? and slot = ?",
                digest(file).toBytes().toByteArray(),
                release,
                model,
                version,
                device,
                slot);
    }

    /** The device reports about the attempt it was offered. */
    void says(String device, String slot, Phase phase, String reason, String detail) {
        UUID attempt =
                (UUID) value("select attempt_id from desired_slot where device_id = ? and slot = ?", device, slot);
        run("insert into device_slot (device_id, slot) values (?, ?) on conflict do nothing", device, slot);
        run(
                "update device_slot set attempt_id = ?, attempt_sha256 = '\\x" + "00".repeat(32)
                        + "', attempt_phase = ?, attempt_reason = ?, attempt_detail = ?, bytes_done = 1000,"
                        + " bytes_total = 1000, attempt_updated_at = now() where device_id = ? and slot = ?",
                attempt,
                phase.getNumber(),
                reason,
                detail,
                device,
                slot);
    }

    void healthy(String device, String slot) {
        says(device, slot, Phase.HEALTHY, "", "");
    }

    // ---- SQL

    int run(String sql, Object... values) {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int k = 0; k < values.length; k++) {
                statement.setObject(k + 1, values[k]);
            }
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    Object value(String sql, Object... values) {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int k = 0; k < values.length; k++) {
                statement.setObject(k + 1, values[k]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new IllegalStateException("no row for " + sql);
                }
                Object value = rows.getObject(1);
                return value == null ? "null" : value;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
