package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Need;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a need is answered with. Pure: a need, and the size of the blob if it is held. A need may list more chunks than
 * its window; the first window of them is sent and the device asks again for the rest, so nothing is remembered here.
 */
sealed interface NeedAnswer permits NeedAnswer.Send, NeedAnswer.Share, NeedAnswer.Link, NeedAnswer.Refuse {
    /** These chunks, in this order. */
    record Send(long blobSize, List<Integer> indexes) implements NeedAnswer {}

    /** All of these chunks, to everybody who wants them; {@code otherwise} when the blob is not on offer to all. */
    record Share(long blobSize, BitSet missing, Send otherwise) implements NeedAnswer {}

    /** Where the blob is to be had over HTTPS. */
    record Link() implements NeedAnswer {}

    /** None of it; the code travels in a chunk's {@code refusal}. */
    record Refuse(Refusal refusal) implements NeedAnswer {}

    enum Refusal {
        UNKNOWN_BLOB("unknown-blob"),
        WINDOW_OUT_OF_RANGE("window-out-of-range"),
        NO_LINK("no-link"),
        NO_RANGES("no-ranges"),
        TOO_MANY_RANGES("too-many-ranges"),
        EMPTY_RANGE("empty-range"),
        RANGE_BEYOND_END("range-beyond-end");

        private final String code;

        Refusal(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    static NeedAnswer of(Need need, OptionalLong heldSize) {
        // Protobuf's unsigned numbers come as negative ones when they are large.
        if (need.getWantLink()) {
            return heldSize.isEmpty() ? new Refuse(Refusal.UNKNOWN_BLOB) : new Link();
        }
        if (need.getWindow() < 1 || need.getWindow() > Limits.MAX_NEED_WINDOW) {
            return new Refuse(Refusal.WINDOW_OUT_OF_RANGE);
        }
        if (need.getRangesCount() == 0) {
            return new Refuse(Refusal.NO_RANGES);
        }
        if (need.getRangesCount() > Limits.MAX_NEED_RANGES) {
            return new Refuse(Refusal.TOO_MANY_RANGES);
        }
        if (heldSize.isEmpty()) {
            return new Refuse(Refusal.UNKNOWN_BLOB);
        }
        long size = heldSize.getAsLong();
        long chunks = (size + Limits.CHUNK_BYTES - 1) / Limits.CHUNK_BYTES;
        List<Integer> indexes = new ArrayList<>();
        BitSet missing = new BitSet();
        for (ChunkRange range : need.getRangesList()) {
            long first = Integer.toUnsignedLong(range.getFirst());
            long count = Integer.toUnsignedLong(range.getCount());
            if (count == 0) {
                return new Refuse(Refusal.EMPTY_RANGE);
            }
            if (first + count > chunks) {
                return new Refuse(Refusal.RANGE_BEYOND_END);
            }
            missing.set((int) first, (int) (first + count));
            for (long index = first; index < first + count && indexes.size() < need.getWindow(); index++) {
                indexes.add((int) index);
            }
        }
        Send send = new Send(size, List.copyOf(indexes));
        return need.getShared() ? new Share(size, missing, send) : send;
    }
}
