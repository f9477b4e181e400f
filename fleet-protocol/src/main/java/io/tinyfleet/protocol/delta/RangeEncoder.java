package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes decisions as a number between 0 and 1, ever more exactly, in words of 16 bits. A carry may run back over words
 * that are all ones, so the last word and the run behind it wait until no carry can reach them. Owned by one thread;
 * does not close the stream, which should be buffered.
 */
final class RangeEncoder extends Coder {
    private static final int END_WORDS = 4;
    private static final int FULL_WORD = (1 << Short.SIZE) - 1;
    private static final int TOP_SHIFT = RangeDecoder.RANGE_BITS - Short.SIZE;
    private static final long BELOW_TOP = (1L << TOP_SHIFT) - 1;

    private final OutputStream out;
    private long low;
    private long range = 1L << RangeDecoder.RANGE_BITS;
    private int waiting;

    /** Words held back: none at the very beginning, which no carry can reach. */
    private long waitingRun;

    RangeEncoder(OutputStream out) {
        this.out = out;
    }

    @Override
    int code(int[] models, int index, int bit, int limit) throws IOException {
        int state = models[index];
        models[index] = AdaptiveBit.learned(state, bit, limit);
        long bound = (range >>> SHARE_BITS) * AdaptiveBit.probability(state);
        if (bit == 1) {
            narrow(0, bound);
        } else {
            narrow(bound, range);
        }
        return bit;
    }

    @Override
    int codeFour(long bounds, int symbol) throws IOException {
        long unit = range >>> SHARE_BITS;
        long from = symbol == 0 ? 0 : unit * below(bounds, symbol);
        narrow(from, symbol == LAST ? range : unit * below(bounds, symbol + 1));
        return symbol;
    }

    /** Writes what is still held back. */
    void finish() throws IOException {
        for (int i = 0; i < END_WORDS; i++) {
            shift();
        }
    }

    private void narrow(long from, long to) throws IOException {
        low += from;
        range = to - from;
        if (range < RangeDecoder.NORMAL) {
            range <<= Short.SIZE;
            shift();
        }
    }

    private void shift() throws IOException {
        int carry = (int) (low >>> RangeDecoder.RANGE_BITS);
        int word = (int) (low >>> TOP_SHIFT) & FULL_WORD;
        if (carry == 1 || word != FULL_WORD || waitingRun == 0) {
            if (waitingRun > 0) {
                write(waiting + carry);
            }
            for (; waitingRun > 1; waitingRun--) {
                write(FULL_WORD + carry);
            }
            waitingRun = 0;
            waiting = word;
        }
        waitingRun++;
        low = (low & BELOW_TOP) << Short.SIZE;
    }

    private void write(int word) throws IOException {
        out.write(word >> Byte.SIZE);
        out.write(word);
    }
}
