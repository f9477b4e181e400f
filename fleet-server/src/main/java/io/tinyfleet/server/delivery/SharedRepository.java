package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which blobs are on offer to all, what devices lack of them, and which replica sends which. Plain SQL. */
@ApplicationScoped
class SharedRepository {
    /** Blobs that one device may wait for at once. */
    static final int MAX_NEEDS_PER_DEVICE = 16;

    /** Needs taken up in one go; the rest is taken with the next. */
    static final int MAX_TAKEN = 1000;

    private final Database database;

    SharedRepository(Database database) {
        this.database = database;
    }

    // ---- what is on offer

    /** Devices whose desired state names the file, for those that more than {@code over} want. */
    Map<Digest, Long> countWanting(Collection<Digest> variants, int over) {
        Map<Digest, Long> counts = new LinkedHashMap<>();
        database.list(
                "select variant_sha256, count(*) as devices from desired_slot where variant_sha256 = any(?)"
                        + " group by variant_sha256 having count(*) > ?",
                (statement, connection) -> {
                    statement.setArray(
                            1,
                            connection.createArrayOf(
                                    "bytea",
                                    variants.stream().map(Digest::toByteArray).toArray(byte[][]::new)));
                    statement.setInt(2, over);
                },
                row -> counts.put(Digest.fromBytes(row.getBytes("variant_sha256")), row.getLong("devices")));
        return counts;
    }

    void offer(Digest blob, long size, Instant now) {
        database.update(
                "insert into shared_blob (blob_sha256, size_bytes, offered_at) values (?, ?, ?)"
                        + " on conflict (blob_sha256) do update set offered_at = excluded.offered_at",
                (statement, connection) -> {
                    statement.setBytes(1, blob.toByteArray());
                    statement.setLong(2, size);
                    statement.setObject(3, now.atOffset(ZoneOffset.UTC));
                });
    }

    /** Forgets offers that no document can carry any more. */
    int forgetOffers(Instant before) {
        return database.update(
                "delete from shared_blob where offered_at < ? and (owner is null or lease_until < ?)",
                (statement, connection) -> {
                    statement.setObject(1, before.atOffset(ZoneOffset.UTC));
                    statement.setObject(2, before.atOffset(ZoneOffset.UTC));
                });
    }

    // ---- what is missing

    /** False when the blob is not on offer, or the device waits for too many others. */
    boolean putNeed(Digest blob, DeviceId device, BitSet missing, Instant now) {
        return database.update("""
                        insert into shared_need (blob_sha256, device_id, missing, asked_at)
                        select blob_sha256, ?, ?, ? from shared_blob where blob_sha256 = ?
                        and (select count(*) from shared_need where device_id = ? and blob_sha256 <> ?) < ?
                        on conflict (blob_sha256, device_id) do update set missing = excluded.missing,
                            asked_at = excluded.asked_at
                        """, (statement, connection) -> {
                    statement.setString(1, device.value());
                    statement.setBytes(2, missing.toByteArray());
                    statement.setObject(3, now.atOffset(ZoneOffset.UTC));
                    statement.setBytes(4, blob.toByteArray());
                    statement.setString(5, device.value());
                    statement.setBytes(6, blob.toByteArray());
                    statement.setInt(7, MAX_NEEDS_PER_DEVICE);
                })
                > 0;
    }

    /** Takes up what devices lack of the blob, all of it in one set; the rows are gone afterwards. */
    BitSet takeNeeds(Digest blob) {
        List<BitSet> missing = database.list(
                """
                delete from shared_need where blob_sha256 = ? and device_id in
                    (select device_id from shared_need where blob_sha256 = ? order by asked_at limit ?)
                returning missing
                """,
                (statement, connection) -> {
                    statement.setBytes(1, blob.toByteArray());
                    statement.setBytes(2, blob.toByteArray());
                    statement.setInt(3, MAX_TAKEN);
                },
                row -> BitSet.valueOf(row.getBytes("missing")));
        BitSet union = new BitSet();
        missing.forEach(union::or);
        return union;
    }

    // ---- who sends

    /** Blobs that somebody has waited for since then, and that no other replica sends; the longest wait first. */
    List<Digest> findDue(String owner, Instant askedBefore, Instant now, int atMost) {
        return database.list(
                """
                select b.blob_sha256 from shared_blob b join shared_need n on n.blob_sha256 = b.blob_sha256
                where b.owner is null or b.owner = ? or b.lease_until < ?
                group by b.blob_sha256 having min(n.asked_at) <= ? order by min(n.asked_at) limit ?
                """,
                (statement, connection) -> {
                    statement.setString(1, owner);
                    statement.setObject(2, now.atOffset(ZoneOffset.UTC));
                    statement.setObject(3, askedBefore.atOffset(ZoneOffset.UTC));
                    statement.setInt(4, atMost);
                },
                row -> Digest.fromBytes(row.getBytes("blob_sha256")));
    }

    /** Takes the lease or renews it; false when another replica has it. */
    boolean lease(Digest blob, String owner, Instant now, Instant until) {
        return database.update(
                        "update shared_blob set owner = ?, lease_until = ? where blob_sha256 = ?"
                                + " and (owner is null or owner = ? or lease_until < ?)",
                        (statement, connection) -> {
                            statement.setString(1, owner);
                            statement.setObject(2, until.atOffset(ZoneOffset.UTC));
                            statement.setBytes(3, blob.toByteArray());
                            statement.setString(4, owner);
                            statement.setObject(5, now.atOffset(ZoneOffset.UTC));
                        })
                > 0;
    }

    void release(Digest blob, String owner) {
        database.update(
                "update shared_blob set owner = null, lease_until = null where blob_sha256 = ? and owner = ?",
                (statement, connection) -> {
                    statement.setBytes(1, blob.toByteArray());
                    statement.setString(2, owner);
                });
    }
}
