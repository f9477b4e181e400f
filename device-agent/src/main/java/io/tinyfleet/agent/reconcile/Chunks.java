package io.tinyfleet.agent.reconcile;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A set of chunk indexes. Immutable. */
public final class Chunks {
    public static final Chunks NONE = new Chunks(new BitSet());

    private final BitSet bits;

    private Chunks(BitSet bits) {
        this.bits = bits;
    }

    public static Chunks of(BitSet indexes) {
        return new Chunks((BitSet) indexes.clone());
    }

    public Chunks with(int index) {
        BitSet next = (BitSet) bits.clone();
        next.set(index);
        return new Chunks(next);
    }

    public Chunks without(int index) {
        BitSet next = (BitSet) bits.clone();
        next.clear(index);
        return new Chunks(next);
    }

    public Chunks union(Chunks other) {
        BitSet next = (BitSet) bits.clone();
        next.or(other.bits);
        return new Chunks(next);
    }

    public boolean has(int index) {
        return bits.get(index);
    }

    public int count() {
        return bits.cardinality();
    }

    /** The next index from {@code from} on that is not in the set; unbounded. */
    public int nextAbsent(int from) {
        return bits.nextClearBit(from);
    }

    /** The next index from {@code from} on that is in the set, or -1. */
    public int nextPresent(int from) {
        return bits.nextSetBit(from);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Chunks that && bits.equals(that.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    @Override
    public String toString() {
        return bits.toString();
    }
}
