package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes decisions as a number between 0 and 1, ever more exactly. A carry may run back over bytes that are all 255, so
 * the last byte and the run behind it wait until no carry can reach them. Owned by one thread; does not close the
 * stream, which should be buffered.
 */
final class RangeEncoder extends BinaryCoder {
    private static final int NORMAL = 1 << 24;
    private static final int END_BYTES = 5;
    private static final long CARRY = 1L << 32;
    private static final int TOP_SHIFT = 24;

    private final OutputStream out;
    private long low;
    private int range = -1;
    private int waiting;
    private long waitingRun = 1;

    RangeEncoder(OutputStream out) {
        this.out = out;
    }

    @Override
    int code(int[] models, int index, int bit, int limit) throws IOException {
        int state = models[index];
        int bound = (range >>> 16) * AdaptiveBit.probability(state);
        if (bit == 1) {
            range = bound;
        } else {
            low += Integer.toUnsignedLong(bound);
            range -= bound;
        }
        models[index] = AdaptiveBit.learned(state, bit, limit);
        while (Integer.compareUnsigned(range, NORMAL) < 0) {
            range <<= 8;
            shift();
        }
        return bit;
    }

    /** Writes what is still held back. */
    void finish() throws IOException {
        for (int i = 0; i < END_BYTES; i++) {
            shift();
        }
    }

    private void shift() throws IOException {
        boolean carry = low >= CARRY;
        if (carry || low < 0xff000000L) {
            int added = carry ? 1 : 0;
            out.write(waiting + added);
            for (; waitingRun > 1; waitingRun--) {
                out.write(0xff + added);
            }
            waitingRun = 0;
            waiting = (int) (low >>> TOP_SHIFT) & 0xff;
        }
        waitingRun++;
        low = (low & 0x00ffffffL) << 8;
    }
}
