package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.chunk.ChunkList;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way. Immutable; forgotten when the agent stops, because the disk tells how far it came.
 *
 * @param held chunks that are verified and written (model) or kept (small blob)
 * @param asked chunks on their way
 * @param pieces of a small blob, kept until the whole is verified
 * @param transport how the bytes come
 */
record Fetch(
        Wanted wanted,
        Chunks held,
        Chunks asked,
        Map<Integer, ByteString> pieces,
        Patience patience,
        Transport transport) {

    /**
     * What never changes while it is on its way.
     *
     * @param list hashes of the chunks of a model; null for small blobs
     * @param before chunks that were written in an earlier life of the part file, right now or not
     */
    record Wanted(
            Purpose purpose,
            Digest blob,
            long size,
            int chunkBytes,
            @Nullable ChunkList list,
            Chunks before) {}

    /**
     * What it has been through.
     *
     * @param heard uptime of the last useful chunk, or of the start
     * @param silentRounds times in a row that nothing came
     * @param spoiled times that a whole small blob had a wrong digest
     * @param refusals times in a row the server said that it does not have the blob
     */
    record Patience(Duration heard, int silentRounds, int spoiled, int refusals) {
        private Patience useful(Duration now) {
            return new Patience(now, 0, spoiled, 0);
        }

        private Patience silence(Duration now) {
            return new Patience(now, silentRounds + 1, spoiled, refusals);
        }

        private Patience otherWay(Duration now) {
            return new Patience(now, 0, spoiled, refusals);
        }

        private Patience spoil(Duration now) {
            return new Patience(now, 0, spoiled + 1, refusals);
        }

        private Patience refuse() {
            return new Patience(heard, silentRounds, spoiled, refusals + 1);
        }
    }

    private static Fetch begin(Wanted wanted, Chunks held, Duration now) {
        return new Fetch(wanted, held, Chunks.NONE, Map.of(), new Patience(now, 0, 0, 0), Transport.begin(now));
    }

    static Fetch small(Purpose purpose, Digest blob, long size, int chunkBytes, Duration now) {
        return begin(new Wanted(purpose, blob, size, chunkBytes, null, Chunks.NONE), Chunks.NONE, now);
    }

    static Fetch model(Digest blob, ChunkList list, int chunkBytes, Chunks held, Chunks before, Duration now) {
        return begin(new Wanted(Purpose.MODEL, blob, list.blobSize(), chunkBytes, list, before), held, now);
    }

    Purpose purpose() {
        return wanted.purpose();
    }

    Digest blob() {
        return wanted.blob();
    }

    int count() {
        return (int) ((wanted.size() - 1) / wanted.chunkBytes() + 1);
    }

    int lengthOf(int index) {
        return (int) Math.min(wanted.chunkBytes(), wanted.size() - (long) index * wanted.chunkBytes());
    }

    boolean complete() {
        return held.count() == count();
    }

    /** Bytes that are not held. */
    long bytesLeft() {
        int last = count() - 1;
        long left = (long) (count() - held.count()) * wanted.chunkBytes();
        return held.has(last) ? left : left - wanted.chunkBytes() + lengthOf(last);
    }

    Fetch ask(Chunks now) {
        return new Fetch(wanted, held, now, pieces, patience, transport);
    }

    Fetch keep(int index, @Nullable ByteString piece, Duration now) {
        Map<Integer, ByteString> kept = pieces;
        if (piece != null) {
            Map<Integer, ByteString> more = new HashMap<>(pieces);
            more.put(index, piece);
            kept = Map.copyOf(more);
        }
        return new Fetch(wanted, held.with(index), asked.without(index), kept, patience.useful(now), transport);
    }

    Fetch silence(Duration now) {
        Transport narrower = transport.way() == Way.OWN ? transport.halve() : transport;
        return new Fetch(wanted, held, Chunks.NONE, pieces, patience.silence(now), narrower);
    }

    /** Another way: what was asked for on the old one is asked for again. */
    Fetch by(Transport next, Duration now) {
        return new Fetch(wanted, held, Chunks.NONE, pieces, patience.otherWay(now), next);
    }

    Fetch with(Transport next) {
        return new Fetch(wanted, held, asked, pieces, patience, next);
    }

    /** The whole had a wrong digest, and nobody knows which piece: all of them again. */
    Fetch spoil(Duration now) {
        return new Fetch(wanted, Chunks.NONE, Chunks.NONE, Map.of(), patience.spoil(now), transport);
    }

    Fetch refuse() {
        return new Fetch(wanted, held, asked, pieces, patience.refuse(), transport);
    }

    /** The pieces put together; only when complete. */
    byte[] whole() {
        ByteString all = ByteString.EMPTY;
        for (int i = 0; i < count(); i++) {
            ByteString piece = pieces.get(i);
            if (piece == null) {
                throw new IllegalStateException("piece " + i + " of " + blob().shortHex() + " is not here");
            }
            all = all.concat(piece);
        }
        return all.toByteArray();
    }
}
