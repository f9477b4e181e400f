package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.Database;
import io.tinyfleet.server.platform.Database.RowReader;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The table of encodings. Plain SQL: claims need row locks that skip each other. */
@ApplicationScoped
class EncodingRows {
    static final int MAX_LISTED = 500;
    private static final byte[] NO_BASE = {};

    private final Database database;

    EncodingRows(Database database) {
        this.database = database;
    }

    /** A row for people. */
    record Row(
            EncodingKey key,
            EncodingState state,
            Optional<Long> bytes,
            Optional<Double> cpuSeconds,
            Optional<String> reason,
            Instant updatedAt) {}

    /** An encoding that this replica is to make. */
    record Claim(long id, EncodingKey key, int attempts) {}

    /** Whether it is new. */
    boolean enqueue(EncodingKey key, Instant now) {
        return update("""
                insert into encoding (target_sha256, kind, base_sha256, state, created_at, updated_at)
                values (?, ?, ?, 'QUEUED', ?, ?) on conflict do nothing
                """, key.target().toByteArray(), key.kind(), base(key), utc(now), utc(now)) > 0;
    }

    /** The oldest that nobody makes. Joins the caller's transaction; rows that others hold are passed over. */
    Optional<Claim> claim(Instant now, Instant leaseUntil) {
        return query(
                        """
                update encoding set state = 'MAKING', lease_until = ?, attempts = attempts + 1, updated_at = ?
                where id = (select id from encoding
                    where state = 'QUEUED' or (state = 'MAKING' and lease_until < ?)
                    order by kind desc, id for update skip locked limit 1)
                returning *
                """,
                        row -> new Claim(row.getLong("id"), key(row), row.getInt("attempts")),
                        utc(leaseUntil),
                        utc(now),
                        utc(now))
                .stream()
                .findFirst();
    }

    void ready(Claim claim, ReadyEncoding ready, double cpuSeconds, Instant now) {
        update(
                """
                update encoding set state = 'READY', lease_until = null, blob_sha256 = ?, blob_bytes = ?,
                    chunk_list_sha256 = ?, chunk_list_bytes = ?, cpu_seconds = ?, reason = null, updated_at = ?
                where id = ? and state = 'MAKING'
                """,
                ready.blob().toByteArray(),
                ready.bytes(),
                ready.chunkList().toByteArray(),
                ready.chunkListBytes(),
                cpuSeconds,
                utc(now),
                claim.id());
    }

    void ended(Claim claim, EncodingState state, String reason, double cpuSeconds, Instant now) {
        update("""
                update encoding set state = ?, lease_until = null, reason = ?, cpu_seconds = ?, updated_at = ?
                where id = ? and state = 'MAKING'
                """, state.name(), reason, cpuSeconds, utc(now), claim.id());
    }

    /** The compressed file and the deltas from these bases, as far as they are ready. */
    List<ReadyEncoding> ready(Digest target, Collection<Digest> bases) {
        return query(
                        "select * from encoding where target_sha256 = ? and state = 'READY' order by id",
                        row -> new ReadyEncoding(
                                key(row),
                                Digest.fromBytes(row.getBytes("blob_sha256")),
                                row.getLong("blob_bytes"),
                                Digest.fromBytes(row.getBytes("chunk_list_sha256")),
                                row.getLong("chunk_list_bytes")),
                        (Object) target.toByteArray())
                .stream()
                .filter(ready -> ready.key().base().isEmpty()
                        || bases.contains(ready.key().base().get()))
                .toList();
    }

    /** All that is ready, with the chunk lists. */
    Set<Digest> blobs() {
        return Set.copyOf(query(
                "select blob_sha256 as digest from encoding where state = 'READY'"
                        + " union select chunk_list_sha256 from encoding where state = 'READY'",
                row -> Digest.fromBytes(row.getBytes("digest"))));
    }

    /** Newest change first. */
    List<Row> list(Optional<Digest> target) {
        byte @Nullable [] wanted = target.map(Digest::toByteArray).orElse(null);
        return query(
                "select * from encoding where ?::bytea is null or target_sha256 = ? order by updated_at desc, id limit "
                        + MAX_LISTED,
                row -> new Row(
                        key(row),
                        EncodingState.valueOf(row.getString("state")),
                        Optional.ofNullable(row.getObject("blob_bytes", Long.class)),
                        Optional.ofNullable(row.getObject("cpu_seconds", Double.class)),
                        Optional.ofNullable(row.getString("reason")),
                        row.getObject("updated_at", OffsetDateTime.class).toInstant()),
                wanted,
                wanted);
    }

    private <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return database.list(sql, (statement, connection) -> bind(statement, parameters), reader);
    }

    private int update(String sql, @Nullable Object... parameters) {
        return database.update(sql, (statement, connection) -> bind(statement, parameters));
    }

    private static void bind(PreparedStatement statement, @Nullable Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            Object value = parameters[i];
            if (value == null) {
                statement.setNull(i + 1, Types.BINARY);
            } else if (value instanceof byte[] bytes) {
                statement.setBytes(i + 1, bytes);
            } else {
                statement.setObject(i + 1, value);
            }
        }
    }

    private static EncodingKey key(ResultSet row) throws SQLException {
        byte[] base = row.getBytes("base_sha256");
        return new EncodingKey(
                Digest.fromBytes(row.getBytes("target_sha256")),
                base.length == 0 ? Optional.empty() : Optional.of(Digest.fromBytes(base)));
    }

    private static byte[] base(EncodingKey key) {
        return key.base().map(Digest::toByteArray).orElse(NO_BASE);
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
