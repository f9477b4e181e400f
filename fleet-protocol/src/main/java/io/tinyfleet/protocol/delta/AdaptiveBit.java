package io.tinyfleet.protocol.delta;

import java.util.Arrays;

/**
 * One learned probability in an int: the upper 22 bits say how likely a one is, the lower 10 how many decisions were
 * seen, up to a limit. Early decisions count much, later ones ever less: the step is about {@code 1 / (seen + 1.5)}.
 * Only 32-bit integers that wrap, so that every language gets the same numbers.
 */
final class AdaptiveBit {
    /** Decisions remembered where statistics stay the same for long. */
    static final int STEADY = 1023;

    /** Decisions remembered where statistics change. */
    static final int LIVELY = 255;

    private static final int COUNT_MASK = 1023;
    private static final int START = 1 << 31;
    private static final int[] STEP = new int[COUNT_MASK + 1];

    static {
        for (int seen = 0; seen < STEP.length; seen++) {
            STEP[seen] = 16_384 / (2 * seen + 3);
        }
    }

    private AdaptiveBit() {}

    /** States that know nothing: one and zero are equally likely. */
    static int[] states(int count) {
        int[] states = new int[count];
        Arrays.fill(states, START);
        return states;
    }

    /** Of a one, in 1/65536, 1 to 65535 and always odd: neither bit is ever impossible. */
    static int probability(int state) {
        return state >>> 16 | 1;
    }

    /** The state after the decision. Two short pieces: a simple compiler takes those in where they are used. */
    static int learned(int state, int bit, int limit) {
        return moved(state, bit) + counted(state, limit);
    }

    private static int moved(int state, int bit) {
        int distance = (bit << 22) - (state >>> 10);
        return state + ((distance >> 3) * STEP[state & COUNT_MASK] & ~COUNT_MASK);
    }

    /** 1 as long as fewer decisions than the limit were seen. */
    private static int counted(int state, int limit) {
        return (state & COUNT_MASK) - limit >>> Integer.SIZE - 1;
    }
}
