package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Database.Binding;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Heads, floors and the roots that devices hold. Plain SQL on the transaction's connection, like the desired states. */
@ApplicationScoped
class TrustRepository {
    private final Database database;

    TrustRepository(Database database) {
        this.database = database;
    }

    // ---- heads

    /** Only one transaction at a time may sign the next list. */
    void lockHeads() {
        database.list(
                "select version from heads_state where id = 1 for update", Binding.NONE, row -> row.getLong("version"));
    }

    Optional<StoredHeads> findHeads() {
        return database
                .list("select * from heads_state where version > 0", Binding.NONE, TrustRepository::heads)
                .stream()
                .findFirst();
    }

    private static StoredHeads heads(ResultSet row) throws SQLException {
        return new StoredHeads(
                row.getLong("version"),
                Digest.fromBytes(row.getBytes("content_sha256")),
                blob(row),
                row.getInt("releases"),
                instant(row, "issued_at"),
                instant(row, "expires_at"));
    }

    void store(StoredHeads heads) {
        keep(heads.blob(), heads.expiresAt());
        database.update("""
                update heads_state set version = ?, content_sha256 = ?, envelope_sha256 = ?, envelope_bytes = ?,
                    releases = ?, issued_at = ?, expires_at = ?
                """, (statement, connection) -> {
            statement.setLong(1, heads.version());
            statement.setBytes(2, heads.content().toByteArray());
            statement.setBytes(3, heads.blob().getSha256().toByteArray());
            statement.setLong(4, heads.blob().getSize());
            statement.setInt(5, heads.releases());
            statement.setObject(6, utc(heads.issuedAt()));
            statement.setObject(7, utc(heads.expiresAt()));
        });
    }

    /** Envelopes of heads and floors that some device's newest document may name. */
    List<Digest> metadataBlobs() {
        return database.list(
                "select sha256 from signed_metadata", Binding.NONE, row -> Digest.fromBytes(row.getBytes("sha256")));
    }

    private void keep(BlobRef blob, Instant expiresAt) {
        database.update("""
                insert into signed_metadata (sha256, expires_at) values (?, ?)
                on conflict (sha256) do update set expires_at = excluded.expires_at
                """, (statement, connection) -> {
            statement.setBytes(1, blob.getSha256().toByteArray());
            statement.setObject(2, utc(expiresAt));
        });
    }

    /** What has ended is no longer taken by anybody; an hourly sweep lets go of it. */
    int forgetEnded(Instant now) {
        return database.update(
                "delete from signed_metadata where expires_at < ?",
                (statement, connection) -> statement.setObject(1, utc(now)));
    }

    // ---- floors

    /** In the order of the models' names. */
    List<StoredFloors> floors() {
        return database.list("select * from floors order by model", Binding.NONE, TrustRepository::floors);
    }

    Optional<StoredFloors> findFloors(String model) {
        return database
                .list(
                        "select * from floors where model = ?",
                        (statement, connection) -> statement.setString(1, model),
                        TrustRepository::floors)
                .stream()
                .findFirst();
    }

    private static StoredFloors floors(ResultSet row) throws SQLException {
        return new StoredFloors(
                row.getString("model"),
                row.getLong("version"),
                row.getLong("min_security_version"),
                blob(row),
                instant(row, "issued_at"),
                instant(row, "expires_at"),
                row.getString("set_by"));
    }

    void store(StoredFloors floors) {
        keep(floors.blob(), floors.expiresAt());
        database.update("""
                insert into floors (model, version, min_security_version, envelope_sha256, envelope_bytes, issued_at,
                    expires_at, set_by)
                values (?, ?, ?, ?, ?, ?, ?, ?)
                on conflict (model) do update set version = excluded.version,
                    min_security_version = excluded.min_security_version, envelope_sha256 = excluded.envelope_sha256,
                    envelope_bytes = excluded.envelope_bytes, issued_at = excluded.issued_at,
                    expires_at = excluded.expires_at, set_by = excluded.set_by
                """, (statement, connection) -> {
            statement.setString(1, floors.model());
            statement.setLong(2, floors.version());
            statement.setLong(3, floors.minSecurityVersion());
            statement.setBytes(4, floors.blob().getSha256().toByteArray());
            statement.setLong(5, floors.blob().getSize());
            statement.setObject(6, utc(floors.issuedAt()));
            statement.setObject(7, utc(floors.expiresAt()));
            statement.setString(8, floors.setBy());
        });
    }

    // ---- who must hear of it

    /** An outbox row for each device with a document. */
    int enqueueAll(Instant now) {
        return database.update("""
                insert into desired_outbox (device_id, not_before, created_at)
                select device_id, ?, ? from desired_state where seq > 0
                """, (statement, connection) -> {
            statement.setObject(1, utc(now));
            statement.setObject(2, utc(now));
        });
    }

    /** An outbox row for each device of which a slot is to run a release of the model. */
    int enqueueModel(String model, Instant now) {
        return database.update("""
                insert into desired_outbox (device_id, not_before, created_at)
                select distinct s.device_id, ?::timestamptz, ?::timestamptz
                from desired_slot s join release r on r.id = s.release_id where r.model = ?
                """, (statement, connection) -> {
            statement.setObject(1, utc(now));
            statement.setObject(2, utc(now));
            statement.setString(3, model);
        });
    }

    /** Of these devices, those whose newest document was issued before that. */
    List<DeviceId> issuedBefore(Collection<DeviceId> devices, Instant limit) {
        return database.list(
                "select device_id from desired_state where device_id = any(?) and seq > 0 and issued_at < ?",
                (statement, connection) -> {
                    statement.setArray(1, ids(connection, devices));
                    statement.setObject(2, utc(limit));
                },
                row -> new DeviceId(row.getString("device_id")));
    }

    // ---- roots that devices hold

    Map<DeviceId, Long> heldRoots(Collection<DeviceId> devices) {
        Map<DeviceId, Long> held = new HashMap<>();
        database.list(
                "select device_id, root_version from device_root where device_id = any(?)",
                (statement, connection) -> statement.setArray(1, ids(connection, devices)),
                row -> held.put(new DeviceId(row.getString("device_id")), row.getLong("root_version")));
        return held;
    }

    void storeHeldRoot(DeviceId device, long version) {
        database.update("""
                insert into device_root (device_id, root_version) values (?, ?)
                on conflict (device_id) do update set root_version = excluded.root_version
                """, (statement, connection) -> {
            statement.setString(1, device.value());
            statement.setLong(2, version);
        });
    }

    /** How many devices said that they hold an older root. */
    long devicesBehind(long rootVersion) {
        return database.list(
                        "select count(*) n from device_root where root_version < ?",
                        (statement, connection) -> statement.setLong(1, rootVersion),
                        row -> row.getLong("n"))
                .get(0);
    }

    private static BlobRef blob(ResultSet row) throws SQLException {
        return BlobRef.newBuilder()
                .setSha256(Digest.fromBytes(row.getBytes("envelope_sha256")).toBytes())
                .setSize(row.getLong("envelope_bytes"))
                .build();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static java.sql.Array ids(Connection connection, Collection<DeviceId> devices) throws SQLException {
        return connection.createArrayOf(
                "text", devices.stream().map(DeviceId::value).toArray());
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
