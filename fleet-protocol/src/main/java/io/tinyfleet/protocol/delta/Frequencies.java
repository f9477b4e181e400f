package io.tinyfleet.protocol.delta;

import java.util.Arrays;

/**
 * How often each of four symbols was seen in each context, and what a coder needs of that: three bounds in one number,
 * so that a reader looks up one thing for a weight. Counts are halved when there are {@value #MOST} of them, so that old
 * ones fade. Owned by one thread.
 */
final class Frequencies {
    private static final int SYMBOLS = Coder.LAST + 1;
    private static final int MOST = 2047;

    /** The quotient is taken from a table: a small board divides slowly. */
    private static final int[] SHARE = new int[MOST + 1];

    private static final int SHARE_SHIFT = 30;

    static {
        for (int all = 1; all <= MOST; all++) {
            SHARE[all] = (1 << SHARE_SHIFT) / all;
        }
    }

    private final short[] counts;
    private final long[] bounds;

    /** Of so many contexts nothing is known: each symbol counts as seen once. */
    Frequencies(int contexts) {
        counts = new short[contexts * SYMBOLS];
        Arrays.fill(counts, (short) 1);
        bounds = new long[contexts];
        for (int context = 0; context < contexts; context++) {
            bound(context);
        }
    }

    /** A copy. */
    Frequencies(Frequencies learned) {
        counts = learned.counts.clone();
        bounds = learned.bounds.clone();
    }

    /**
     * By context: how likely a symbol below 1, below 2 and below 3 is, in 1/65536, the first in the lowest 16 bits. Each
     * is larger than the one before. Not to be changed.
     */
    long[] bounds() {
        return bounds;
    }

    /** Counts a symbol that was seen. */
    void count(int context, int symbol) {
        counts[context * SYMBOLS + symbol]++;
        bound(context);
    }

    private void bound(int context) {
        int at = context * SYMBOLS;
        int one = counts[at];
        int two = one + counts[at + 1];
        int three = two + counts[at + 2];
        int all = three + counts[at + Coder.LAST];
        if (all >= MOST) {
            for (int symbol = 0; symbol < SYMBOLS; symbol++) {
                counts[at + symbol] = (short) (counts[at + symbol] + 1 >> 1);
            }
            bound(context);
            return;
        }
        int share = SHARE[all];
        int shift = SHARE_SHIFT - Coder.SHARE_BITS;
        bounds[context] = (long) (three * share >>> shift) << 2 * Coder.SHARE_BITS
                | (long) (two * share >>> shift) << Coder.SHARE_BITS
                | one * share >>> shift;
    }
}
