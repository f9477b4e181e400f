package io.tinyfleet.protocol.delta;

import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of the target that belongs to a stretch of the base, such as one tensor in two versions of a model.
 *
 * @param elementBytes bytes of a number in it; 0: unknown
 * @param rowElements numbers of the innermost dimension; 0: unknown, or no rows
 */
public record Segment(long oldOffset, long newOffset, long length, int elementBytes, long rowElements) {
    private static final int BLOCK_BYTES = 256 * 1024;

    public Segment {
        if (oldOffset < 0 || newOffset < 0 || length < 1) {
            throw new IllegalArgumentException("a segment must have offsets from 0 and a length from 1, got "
                    + oldOffset + ", " + newOffset + " and " + length);
        }
        if (elementBytes < 0 || rowElements < 0) {
            throw new IllegalArgumentException(
                    "elements and rows must not have less than 0 bytes, got " + elementBytes + " and " + rowElements);
        }
    }

    /** A stretch of which nothing more is known. */
    public static Segment unknown(long oldOffset, long newOffset, long length) {
        return new Segment(oldOffset, newOffset, length, 0, 0);
    }

    /** Itself when it is known what it holds; otherwise blocks that may be coded each in its own way. */
    List<Segment> pieces() {
        if (elementBytes > 0) {
            return List.of(this);
        }
        List<Segment> blocks = new ArrayList<>();
        for (long done = 0; done < length; done += BLOCK_BYTES) {
            blocks.add(unknown(oldOffset + done, newOffset + done, Math.min(BLOCK_BYTES, length - done)));
        }
        return blocks;
    }

    long oldEnd() {
        return oldOffset + length;
    }
}
