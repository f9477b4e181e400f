package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads decisions that {@link RangeEncoder} wrote. Owned by one thread; does not close the stream.
 *
 * <p>What {@link WeightModel} reads in its innermost loop is not private: it keeps these fields in locals meanwhile.
 */
final class RangeDecoder extends BinaryCoder {
    private static final int BUFFER_BYTES = 64 * 1024;
    static final int NORMAL = 1 << 24;
    static final int BOUND_SHIFT = 16;
    private static final int FEW_BYTES = 4096;
    private static final int START_BYTES = 5;

    private final InputStream in;
    final byte[] buffer = new byte[BUFFER_BYTES];
    int next;
    private int filled;
    private boolean ended;
    private long taken;
    int range = -1;
    int code;

    RangeDecoder(InputStream in, long alreadyTaken) throws IOException, CorruptPatchException {
        this.in = in;
        this.taken = alreadyTaken;
        if (nextByte() != 0) {
            throw new CorruptPatchException(
                    Reason.MALFORMED_SEGMENT, taken(), "the first byte behind the header must be 0");
        }
        for (int i = 1; i < START_BYTES; i++) {
            code = code << 8 | nextByte();
        }
    }

    @Override
    int code(int[] models, int index, int bit, int limit) throws IOException, CorruptPatchException {
        int state = models[index];
        int bound = (range >>> BOUND_SHIFT) * AdaptiveBit.probability(state);
        int decided;
        if (Integer.compareUnsigned(code, bound) < 0) {
            range = bound;
            decided = 1;
        } else {
            code -= bound;
            range -= bound;
            decided = 0;
        }
        models[index] = AdaptiveBit.learned(state, decided, limit);
        while (Integer.compareUnsigned(range, NORMAL) < 0) {
            range <<= 8;
            code = code << 8 | nextByte();
        }
        return decided;
    }

    /** Bytes at hand from {@link #next} on; few only near the end of the patch. */
    int buffered() throws IOException {
        while (filled - next < FEW_BYTES && !ended) {
            System.arraycopy(buffer, next, buffer, 0, filled - next);
            taken += next;
            filled -= next;
            next = 0;
            int read = in.read(buffer, filled, buffer.length - filled);
            ended = read < 0;
            filled += Math.max(0, read);
        }
        return filled - next;
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
            throw new CorruptPatchException(
                    Reason.TRUNCATED,
                    taken(),
                    "the patch ends after " + taken() + " bytes, in the middle of a segment");
        }
        return buffer[next++] & 0xff;
    }

    private boolean refill() throws IOException {
        taken += filled;
        next = 0;
        filled = Math.max(0, in.read(buffer));
        return filled > 0;
    }
}
