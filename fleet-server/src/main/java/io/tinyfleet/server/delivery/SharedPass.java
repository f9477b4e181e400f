package io.tinyfleet.server.delivery;

import java.util.BitSet;
import java.util.OptionalInt;

/**
 * One sending of a blob's chunks to all, in order. Whoever asks while it is under way gets the rest of it too, so only
 * what has gone by is kept for the next one. One thread.
 */
final class SharedPass {
    private final BitSet wanted;
    private final BitSet left = new BitSet();
    private int next;

    SharedPass(BitSet wanted) {
        this.wanted = (BitSet) wanted.clone();
    }

    /** The next chunk to send; empty at the end. */
    OptionalInt next() {
        int index = wanted.nextSetBit(next);
        if (index < 0) {
            return OptionalInt.empty();
        }
        next = index + 1;
        return OptionalInt.of(index);
    }

    /** Somebody who listens by now lacks these. */
    void join(BitSet missing) {
        BitSet gone = (BitSet) missing.clone();
        BitSet coming = (BitSet) wanted.clone();
        coming.clear(0, next);
        gone.andNot(coming);
        left.or(gone);
    }

    /** What the next sending owes to those who joined late. */
    BitSet left() {
        return (BitSet) left.clone();
    }
}
