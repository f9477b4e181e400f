package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** The shadows that operators have asked for. */
@ApplicationScoped
class ShadowRepository {
    private final Database database;

    ShadowRepository(Database database) {
        this.database = database;
    }

    Optional<ShadowWish> find(DeviceId device, SlotName slot) {
        return Optional.ofNullable(list(device).get(slot));
    }

    Map<SlotName, ShadowWish> list(DeviceId device) {
        Map<SlotName, ShadowWish> shadows = new TreeMap<>();
        database.list(
                """
                select slot, attempt_id as shadow_attempt_id, release_id as shadow_release_id,
                    variant_sha256 as shadow_variant_sha256, share as shadow_share, max_inputs as shadow_max_inputs,
                    max_seconds as shadow_max_seconds, started_at, started_by
                from desired_shadow where device_id = ? order by slot
                """,
                (statement, connection) -> statement.setString(1, device.value()),
                row -> shadows.put(
                        new SlotName(row.getString("slot")),
                        new ShadowWish(
                                shadowOf(row).orElseThrow(),
                                row.getObject("started_at", OffsetDateTime.class)
                                        .toInstant(),
                                row.getString("started_by"))));
        return shadows;
    }

    /** Of a row that has a shadow's columns; empty where they are null. */
    static Optional<ShadowContent> shadowOf(ResultSet row) throws SQLException {
        UUID attempt = row.getObject("shadow_attempt_id", UUID.class);
        if (attempt == null) {
            return Optional.empty();
        }
        return Optional.of(new ShadowContent(
                new AttemptId(attempt),
                new ReleaseId(row.getObject("shadow_release_id", UUID.class)),
                Digest.fromBytes(row.getBytes("shadow_variant_sha256")),
                row.getDouble("shadow_share"),
                row.getLong("shadow_max_inputs"),
                row.getInt("shadow_max_seconds")));
    }

    void put(DeviceId device, SlotName slot, ShadowWish shadow) {
        database.update("""
                        insert into desired_shadow (device_id, slot, attempt_id, release_id, variant_sha256, share,
                            max_inputs, max_seconds, started_at, started_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        on conflict (device_id, slot) do update set attempt_id = excluded.attempt_id,
                            release_id = excluded.release_id, variant_sha256 = excluded.variant_sha256,
                            share = excluded.share, max_inputs = excluded.max_inputs,
                            max_seconds = excluded.max_seconds, started_at = excluded.started_at,
                            started_by = excluded.started_by
                        """, (statement, connection) -> {
            ShadowContent content = shadow.content();
            statement.setString(1, device.value());
            statement.setString(2, slot.value());
            statement.setObject(3, content.attempt().value());
            statement.setObject(4, content.release().value());
            statement.setBytes(5, content.variant().toByteArray());
            statement.setDouble(6, content.share());
            statement.setLong(7, content.maxInputs());
            statement.setInt(8, content.maxSeconds());
            statement.setObject(9, shadow.startedAt().atOffset(ZoneOffset.UTC));
            statement.setString(10, shadow.startedBy());
        });
    }

    void remove(DeviceId device, SlotName slot) {
        database.update("delete from desired_shadow where device_id = ? and slot = ?", (statement, connection) -> {
            statement.setString(1, device.value());
            statement.setString(2, slot.value());
        });
    }
}
