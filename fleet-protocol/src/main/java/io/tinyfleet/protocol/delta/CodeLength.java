package io.tinyfleet.protocol.delta;

/** Writes nothing and adds up what writing would cost. Owned by one thread. */
final class CodeLength extends Coder {
    private static final int STEPS = 4096;
    private static final int STEP_SHIFT = 4;
    private static final int FULL = 1 << SHARE_BITS;
    private static final double[] BITS = new double[STEPS];

    static {
        for (int step = 0; step < STEPS; step++) {
            BITS[step] = -Math.log((step + 0.5) / STEPS) / Math.log(2);
        }
    }

    private double bits;

    @Override
    int code(int[] models, int index, int bit, int limit) {
        int state = models[index];
        int one = AdaptiveBit.probability(state);
        add(bit == 1 ? one : FULL - one);
        models[index] = AdaptiveBit.learned(state, bit, limit);
        return bit;
    }

    @Override
    int codeFour(long bounds, int symbol) {
        int from = symbol == 0 ? 0 : below(bounds, symbol);
        add((symbol == LAST ? FULL : below(bounds, symbol + 1)) - from);
        return symbol;
    }

    private void add(int share) {
        bits += BITS[share >>> STEP_SHIFT];
    }

    /** What the decisions so far would have cost. */
    double bytes() {
        return bits / Byte.SIZE;
    }
}
