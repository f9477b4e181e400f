package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Database.Binding;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What is wanted, what was signed, and the outbox. Plain SQL on the transaction's connection: the relay works in batches
 * with row locks and SKIP LOCKED, which an entity mapping would only hide.
 */
@ApplicationScoped
class DesiredRepository {
    private final Database database;

    DesiredRepository(Database database) {
        this.database = database;
    }

    // ---- what is wanted

    List<StoredSlot> slots(DeviceId device) {
        return slots(List.of(device)).getOrDefault(device, List.of());
    }

    /** In the order of their names. */
    Map<DeviceId, List<StoredSlot>> slots(Collection<DeviceId> devices) {
        Map<DeviceId, List<StoredSlot>> byDevice = new LinkedHashMap<>();
        database.list(
                """
                select d.*, s.attempt_id as shadow_attempt_id, s.release_id as shadow_release_id,
                    s.variant_sha256 as shadow_variant_sha256, s.share as shadow_share,
                    s.max_inputs as shadow_max_inputs, s.max_seconds as shadow_max_seconds
                from desired_slot d left join desired_shadow s using (device_id, slot)
                where d.device_id = any(?) order by d.device_id, d.slot
                """,
                (statement, connection) -> statement.setArray(1, ids(connection, devices)),
                row -> byDevice.computeIfAbsent(new DeviceId(row.getString("device_id")), device -> new ArrayList<>())
                        .add(slot(row)));
        return byDevice;
    }

    private static StoredSlot slot(ResultSet row) throws SQLException {
        SlotName name = new SlotName(row.getString("slot"));
        AttemptId attempt = new AttemptId(row.getObject("attempt_id", UUID.class));
        if (row.getBoolean("empty")) {
            return new StoredSlot(name, attempt, Optional.empty());
        }
        ProbationPlan probation = new ProbationPlan(
                row.getInt("probation_running_seconds"),
                row.getLong("probation_min_inferences"),
                row.getInt("probation_deadline_seconds"));
        SlotContent content = new SlotContent(
                attempt,
                row.getBoolean("retry"),
                new ReleaseId(row.getObject("release_id", UUID.class)),
                Digest.fromBytes(row.getBytes("variant_sha256")),
                probation,
                DesiredReason.valueOf(row.getString("reason")),
                row.getInt("window_seconds"));
        return new StoredSlot(name, attempt, Optional.of(content), ShadowRepository.shadowOf(row));
    }

    private static final String PUT_SLOT = """
            insert into desired_slot (device_id, slot, attempt_id, empty, retry, release_id, variant_sha256,
                probation_running_seconds, probation_min_inferences, probation_deadline_seconds, reason, window_seconds)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (device_id, slot) do update set attempt_id = excluded.attempt_id, empty = excluded.empty,
                retry = excluded.retry, release_id = excluded.release_id, variant_sha256 = excluded.variant_sha256,
                probation_running_seconds = excluded.probation_running_seconds,
                probation_min_inferences = excluded.probation_min_inferences,
                probation_deadline_seconds = excluded.probation_deadline_seconds,
                reason = excluded.reason, window_seconds = excluded.window_seconds
            """;

    void putSlot(DeviceId device, SlotName slot, SlotContent content) {
        database.update(PUT_SLOT, (statement, connection) -> {
            statement.setString(1, device.value());
            statement.setString(2, slot.value());
            statement.setObject(3, content.attempt().value());
            statement.setBoolean(4, false);
            statement.setBoolean(5, content.retry());
            statement.setObject(6, content.release().value());
            statement.setBytes(7, content.variant().toByteArray());
            statement.setInt(8, content.probation().runningSeconds());
            statement.setLong(9, content.probation().minInferences());
            statement.setInt(10, content.probation().deadlineSeconds());
            statement.setString(11, content.reason().name());
            statement.setInt(12, content.windowSeconds());
        });
    }

    void putEmptySlot(DeviceId device, SlotName slot, AttemptId attempt) {
        database.update(PUT_SLOT, (statement, connection) -> {
            statement.setString(1, device.value());
            statement.setString(2, slot.value());
            statement.setObject(3, attempt.value());
            statement.setBoolean(4, true);
            statement.setBoolean(5, false);
            statement.setNull(6, Types.OTHER);
            statement.setNull(7, Types.BINARY);
            statement.setNull(8, Types.INTEGER);
            statement.setNull(9, Types.BIGINT);
            statement.setNull(10, Types.INTEGER);
            statement.setString(11, DesiredReason.WITHDRAWN.name());
            statement.setInt(12, 0);
        });
    }

    // ---- the outbox

    void enqueue(DeviceId device, Instant now) {
        database.update(
                "insert into desired_outbox (device_id, not_before, created_at) values (?, ?, ?)",
                (statement, connection) -> {
                    statement.setString(1, device.value());
                    statement.setObject(2, utc(now));
                    statement.setObject(3, utc(now));
                });
    }

    /** One due row is enough to send a document again, however often the device asks. Whether a row was added. */
    boolean enqueueOnce(DeviceId device, Instant now) {
        return database.update("""
                        insert into desired_outbox (device_id, not_before, created_at)
                        select ?, ?, ?
                        where not exists (select 1 from desired_outbox where device_id = ? and not_before <= ?)
                        """, (statement, connection) -> {
                    statement.setString(1, device.value());
                    statement.setObject(2, utc(now));
                    statement.setObject(3, utc(now));
                    statement.setString(4, device.value());
                    statement.setObject(5, utc(now));
                })
                > 0;
    }

    /**
     * Takes due rows, oldest first, and keeps them from other relays until {@code leaseUntil}; after that they are due
     * again, so that nothing is lost with a relay that dies.
     */
    List<OutboxRow> claim(int limit, Instant now, Instant leaseUntil) {
        return database.list(
                """
                update desired_outbox set attempts = attempts + 1, not_before = ?
                where id in (select id from desired_outbox where not_before <= ?
                             order by not_before, id limit ? for update skip locked)
                returning id, device_id, attempts
                """,
                (statement, connection) -> {
                    statement.setObject(1, utc(leaseUntil));
                    statement.setObject(2, utc(now));
                    statement.setInt(3, limit);
                },
                DesiredRepository::outboxRow);
    }

    /** The devices' other rows, due or not: one publication answers all that were there before it was read. */
    List<OutboxRow> claimOthers(Collection<OutboxRow> claimed, Instant leaseUntil) {
        return database.list(
                """
                update desired_outbox set attempts = attempts + 1, not_before = ?
                where id in (select id from desired_outbox where device_id = any(?) and id <> all(?)
                             for update skip locked)
                returning id, device_id, attempts
                """,
                (statement, connection) -> {
                    statement.setObject(1, utc(leaseUntil));
                    statement.setArray(
                            2,
                            ids(
                                    connection,
                                    claimed.stream().map(OutboxRow::device).toList()));
                    statement.setArray(3, rowIds(connection, claimed));
                },
                DesiredRepository::outboxRow);
    }

    private static OutboxRow outboxRow(ResultSet row) throws SQLException {
        return new OutboxRow(row.getLong("id"), new DeviceId(row.getString("device_id")), row.getInt("attempts"));
    }

    void remove(Collection<OutboxRow> rows) {
        database.update(
                "delete from desired_outbox where id = any(?)",
                (statement, connection) -> statement.setArray(1, rowIds(connection, rows)));
    }

    void postpone(Collection<OutboxRow> rows, Instant until) {
        database.update("update desired_outbox set not_before = ? where id = any(?)", (statement, connection) -> {
            statement.setObject(1, utc(until));
            statement.setArray(2, rowIds(connection, rows));
        });
    }

    /** Devices whose document was issued before that and has no outbox row yet, oldest first. */
    List<DeviceId> issuedBefore(Instant limit, int atMost) {
        return database.list(
                """
                select device_id from desired_state s where issued_at < ?
                and not exists (select 1 from desired_outbox o where o.device_id = s.device_id)
                order by issued_at limit ?
                """,
                (statement, connection) -> {
                    statement.setObject(1, utc(limit));
                    statement.setInt(2, atMost);
                },
                row -> new DeviceId(row.getString("device_id")));
    }

    // ---- what was signed

    /** Locks the devices' rows in the order of their ids, making missing ones, until the transaction ends. */
    Map<DeviceId, Optional<SignedDocument>> lock(Collection<DeviceId> devices) {
        database.update(
                "insert into desired_state (device_id) select distinct d from unnest(?) d order by d"
                        + " on conflict do nothing",
                (statement, connection) -> statement.setArray(1, ids(connection, devices)));
        Map<DeviceId, Optional<SignedDocument>> locked = new LinkedHashMap<>();
        database.list(
                "select * from desired_state where device_id = any(?) order by device_id for update",
                (statement, connection) -> statement.setArray(1, ids(connection, devices)),
                row -> locked.put(new DeviceId(row.getString("device_id")), document(row)));
        return locked;
    }

    Map<DeviceId, Long> seqs(Collection<DeviceId> devices) {
        Map<DeviceId, Long> seqs = new LinkedHashMap<>();
        database.list(
                "select device_id, seq from desired_state where seq > 0 and device_id = any(?)",
                (statement, connection) -> statement.setArray(1, ids(connection, devices)),
                row -> seqs.put(new DeviceId(row.getString("device_id")), row.getLong("seq")));
        return seqs;
    }

    void store(DeviceId device, SignedDocument document) {
        database.update(
                "update desired_state set seq = ?, content_sha256 = ?, envelope = ?, issued_at = ? where device_id = ?",
                (statement, connection) -> {
                    statement.setLong(1, document.seq());
                    statement.setBytes(2, document.content().toByteArray());
                    statement.setBytes(3, document.envelope());
                    statement.setObject(4, utc(document.issuedAt()));
                    statement.setString(5, device.value());
                });
    }

    private static Optional<SignedDocument> document(ResultSet row) throws SQLException {
        long seq = row.getLong("seq");
        if (seq == 0) {
            return Optional.empty();
        }
        return Optional.of(new SignedDocument(
                seq,
                Digest.fromBytes(row.getBytes("content_sha256")),
                row.getBytes("envelope"),
                row.getObject("issued_at", OffsetDateTime.class).toInstant()));
    }

    // ---- the signing clock

    Optional<Instant> findLastSignedAt() {
        return database
                .list(
                        "select last_signed_at from signing_clock where id = 1",
                        Binding.NONE,
                        row -> row.getObject("last_signed_at", OffsetDateTime.class)
                                .toInstant())
                .stream()
                .findFirst();
    }

    void storeLastSignedAt(Instant at) {
        database.update("""
                insert into signing_clock (id, last_signed_at) values (1, ?)
                on conflict (id) do update set last_signed_at = greatest(signing_clock.last_signed_at, excluded.last_signed_at)
                """, (statement, connection) -> statement.setObject(1, utc(at)));
    }

    private static Array ids(Connection connection, Collection<DeviceId> devices) throws SQLException {
        return connection.createArrayOf(
                "text", devices.stream().map(DeviceId::value).toArray());
    }

    private static Array rowIds(Connection connection, Collection<OutboxRow> rows) throws SQLException {
        return connection.createArrayOf(
                "bigint", rows.stream().map(OutboxRow::id).toArray());
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
