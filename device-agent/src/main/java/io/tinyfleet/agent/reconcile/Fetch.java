package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.chunk.ChunkList;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way. Immutable; forgotten when the agent stops, because the disk tells how far it came.
 *
 * @param list hashes of the chunks of a model; null for small blobs, whose pieces are kept until the whole is verified
 * @param held chunks that are verified and written (model) or kept (small blob)
 * @param asked chunks on their way
 * @param before chunks that were written in an earlier life of the part file, right now or not
 * @param heard uptime of the last useful chunk, or of the start
 * @param silentRounds times in a row that nothing came
 * @param spoiled times that a whole small blob had a wrong digest
 * @param refusals times the server said that it does not have the blob
 * @param transport how the bytes come
 */
record Fetch(
        Purpose purpose,
        Digest blob,
        long size,
        int chunkBytes,
        @Nullable ChunkList list,
        Chunks held,
        Chunks asked,
        Chunks before,
        Map<Integer, ByteString> pieces,
        Duration heard,
        int silentRounds,
        int spoiled,
        int refusals,
        Transport transport) {

    static Fetch small(Purpose purpose, Digest blob, long size, int chunkBytes, Duration now) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                null,
                Chunks.NONE,
                Chunks.NONE,
                Chunks.NONE,
                Map.of(),
                now,
                0,
                0,
                0,
                Transport.begin(now));
    }

    static Fetch model(Digest blob, ChunkList list, int chunkBytes, Chunks held, Chunks before, Duration now) {
        return new Fetch(
                Purpose.MODEL,
                blob,
                list.blobSize(),
                chunkBytes,
                list,
                held,
                Chunks.NONE,
                before,
                Map.of(),
                now,
                0,
                0,
                0,
                Transport.begin(now));
    }

    int count() {
        return (int) ((size - 1) / chunkBytes + 1);
    }

    int lengthOf(int index) {
        return (int) Math.min(chunkBytes, size - (long) index * chunkBytes);
    }

    boolean complete() {
        return held.count() == count();
    }

    Fetch ask(Chunks now) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held,
                now,
                before,
                pieces,
                heard,
                silentRounds,
                spoiled,
                refusals,
                transport);
    }

    Fetch keep(int index, @Nullable ByteString piece, Duration now) {
        Map<Integer, ByteString> kept = pieces;
        if (piece != null) {
            java.util.HashMap<Integer, ByteString> more = new java.util.HashMap<>(pieces);
            more.put(index, piece);
            kept = Map.copyOf(more);
        }
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held.with(index),
                asked.without(index),
                before,
                kept,
                now,
                0,
                spoiled,
                0,
                transport);
    }

    Fetch silence(Duration now) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held,
                Chunks.NONE,
                before,
                pieces,
                now,
                silentRounds + 1,
                spoiled,
                refusals,
                transport.way() == Way.OWN ? transport.halve() : transport);
    }

    /** Another way: what was asked for on the old one is asked for again. */
    Fetch by(Transport next, Duration now) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held,
                Chunks.NONE,
                before,
                pieces,
                now,
                0,
                spoiled,
                refusals,
                next);
    }

    Fetch with(Transport next) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held,
                asked,
                before,
                pieces,
                heard,
                silentRounds,
                spoiled,
                refusals,
                next);
    }

    /** Bytes that are not held. */
    long bytesLeft() {
        long left = (long) (count() - held.count()) * chunkBytes;
        boolean lastMissing = !held.has(count() - 1);
        return lastMissing ? left - chunkBytes + lengthOf(count() - 1) : left;
    }

    /** The whole had a wrong digest, and nobody knows which piece: all of them again. */
    Fetch spoil(Duration now) {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                Chunks.NONE,
                Chunks.NONE,
                before,
                Map.of(),
                now,
                0,
                spoiled + 1,
                refusals,
                transport);
    }

    Fetch refuse() {
        return new Fetch(
                purpose,
                blob,
                size,
                chunkBytes,
                list,
                held,
                asked,
                before,
                pieces,
                heard,
                silentRounds,
                spoiled,
                refusals + 1,
                transport);
    }

    /** The pieces put together; only when complete. */
    byte[] whole() {
        ByteString all = ByteString.EMPTY;
        for (int i = 0; i < count(); i++) {
            ByteString piece = pieces.get(i);
            if (piece == null) {
                throw new IllegalStateException("piece " + i + " of " + blob.shortHex() + " is not here");
            }
            all = all.concat(piece);
        }
        return all.toByteArray();
    }
}
