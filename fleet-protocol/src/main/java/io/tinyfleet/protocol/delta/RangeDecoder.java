package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads decisions that {@link RangeEncoder} wrote. Owned by one thread; does not close the stream.
 *
 * <p>What {@link WeightModel} reads in its innermost loop is not private: it keeps these fields in locals meanwhile.
 */
final class RangeDecoder extends Coder {
    /** The range has at most so many bits: exact in the floating-point numbers that some languages calculate with. */
    static final int RANGE_BITS = 48;

    /** Below this the next word is taken in. */
    static final long NORMAL = 1L << 32;

    /** More than a stretch of weights can take: 32 of them, each one symbol and 21 decisions of at most two bytes. */
    private static final int AHEAD = 4096;

    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    final byte[] buffer = new byte[BUFFER_BYTES + AHEAD];
    int next;
    private int filled;
    private boolean ended;
    private long taken;
    long range = 1L << RANGE_BITS;
    long code;

    RangeDecoder(InputStream in, long alreadyTaken) throws IOException, CorruptPatchException {
        this.in = in;
        this.taken = alreadyTaken;
        for (int i = 0; i < RANGE_BITS; i += Byte.SIZE) {
            code = code << Byte.SIZE | nextByte();
        }
    }

    @Override
    int code(int[] models, int index, int bit, int limit) throws IOException, CorruptPatchException {
        int state = models[index];
        long bound = (range >>> SHARE_BITS) * AdaptiveBit.probability(state);
        int decided;
        if (code < bound) {
            range = bound;
            decided = 1;
        } else {
            code -= bound;
            range -= bound;
            decided = 0;
        }
        models[index] = AdaptiveBit.learned(state, decided, limit);
        normalize();
        return decided;
    }

    /** {@link WeightModel} reads most symbols in a form of its own, which gives the same. */
    @Override
    int codeFour(long bounds, int symbol) throws IOException, CorruptPatchException {
        long unit = range >>> SHARE_BITS;
        int decided = 0;
        long from = 0;
        long to = unit * below(bounds, 1);
        while (code >= to && decided < LAST) {
            decided++;
            from = to;
            to = decided == LAST ? range : unit * below(bounds, decided + 1);
        }
        code -= from;
        range = to - from;
        normalize();
        return decided;
    }

    /** Takes in the next word if it is time. */
    void normalize() throws IOException, CorruptPatchException {
        if (range < NORMAL) {
            range <<= Short.SIZE;
            code = code << Short.SIZE | nextByte() << Byte.SIZE | nextByte();
        }
    }

    /**
     * Takes care that {@link #AHEAD} bytes can be taken from {@link #buffer} without asking. Behind the end of the patch
     * they are zeros, and {@link #requireTaken} says then that the patch is too short.
     */
    void lookAhead() throws IOException {
        while (filled - next < AHEAD && !ended) {
            System.arraycopy(buffer, next, buffer, 0, filled - next);
            taken += next;
            filled -= next;
            next = 0;
            int read = in.read(buffer, filled, BUFFER_BYTES - filled);
            if (read < 0) {
                ended = true;
                Arrays.fill(buffer, filled, filled + AHEAD, (byte) 0);
            } else {
                filled += read;
            }
        }
    }

    /** @throws CorruptPatchException when more was taken than there is */
    void requireTaken() throws CorruptPatchException {
        if (next > filled) {
            next = filled;
            throw truncated();
        }
    }

    /** Bytes of the patch that were read so far. */
    long taken() {
        return taken + next;
    }

    /**
     * Behind the last decision the number is used up and nothing may follow.
     *
     * @throws CorruptPatchException otherwise
     */
    void requireEnd() throws IOException, CorruptPatchException {
        if (code != 0) {
            throw new CorruptPatchException(
                    Reason.WRONG_RESULT, taken(), "the patch does not end as a patch does, at byte " + taken());
        }
        if (next < filled || refill()) {
            throw new CorruptPatchException(
                    Reason.TRAILING_BYTES, taken(), "the patch goes on after its last segment, at byte " + taken());
        }
    }

    private int nextByte() throws IOException, CorruptPatchException {
        if (next == filled && !refill()) {
            throw truncated();
        }
        return buffer[next++] & 0xff;
    }

    private CorruptPatchException truncated() {
        return new CorruptPatchException(
                Reason.TRUNCATED, taken(), "the patch ends after " + taken() + " bytes, in the middle of a segment");
    }

    private boolean refill() throws IOException {
        taken += filled;
        next = 0;
        filled = Math.max(0, in.read(buffer, 0, BUFFER_BYTES));
        return filled > 0;
    }
}
