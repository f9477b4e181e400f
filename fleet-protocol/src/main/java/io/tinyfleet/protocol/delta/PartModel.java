package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.IOException;

/**
 * Codes what stands before each part: its kind, its length, where it begins in the base, its parameters. A number is
 * written in groups of seven bits, lowest first, each in a byte whose highest bit says that more follow.
 */
final class PartModel {
    private static final int LITERAL = 0;
    private static final int BYTES = 1;
    private static final int WEIGHTS = 2;

    private static final int MAX_GROUPS = 9;
    private static final int GROUP_BITS = 7;
    private static final int MORE = 1 << GROUP_BITS;
    private static final int TREE = 1 << Byte.SIZE;

    /** Fields of a part, each with statistics of its own. */
    private static final int KIND = 0;

    private static final int LENGTH = 1;
    private static final int MOVE = 2;
    private static final int ELEMENT_BYTES = 3;
    private static final int OLD_CENTRE = 4;
    private static final int NEW_CENTRE = 5;
    private static final int COLUMNS = 6;
    private static final int RESTART = 7;
    private static final int FIELDS = 8;

    private final int[] states = AdaptiveBit.states(FIELDS * TREE);

    /** Where the part before ended in the base: usually the next one begins there. */
    private long expectedOldOffset;

    void write(Coder coder, Part part) throws IOException, CorruptPatchException {
        long[] fields = new long[FIELDS];
        fields[LENGTH] = part.length();
        if (part instanceof Part.Bytes bytes) {
            fields[KIND] = BYTES;
            fields[MOVE] = folded(bytes.oldOffset() - expectedOldOffset);
            fields[ELEMENT_BYTES] = bytes.elementBytes();
            expectedOldOffset = bytes.oldOffset() + bytes.length();
        } else if (part instanceof Part.Weights weights) {
            fields[KIND] = WEIGHTS;
            fields[MOVE] = folded(weights.oldOffset() - expectedOldOffset);
            fields[OLD_CENTRE] = weights.oldCentre();
            fields[NEW_CENTRE] = weights.newCentre();
            fields[COLUMNS] = weights.columns();
            fields[RESTART] = weights.restart();
            expectedOldOffset = weights.oldOffset() + weights.length();
        }
        code(coder, fields);
    }

    /**
     * Reads a part that lies within the base and writes at most {@code room} bytes.
     *
     * @param patchOffset where it stands, for the refusal
     */
    Part read(Coder coder, long baseSize, long room, long patchOffset) throws IOException, CorruptPatchException {
        long[] fields = new long[FIELDS];
        code(coder, fields);
        long length = fields[LENGTH];
        if (length < 1 || length > room) {
            throw new CorruptPatchException(
                    length < 1 ? Reason.MALFORMED_SEGMENT : Reason.BEYOND_TARGET,
                    patchOffset,
                    "a segment must write 1 to " + room + " bytes, this one " + length + " (patch byte " + patchOffset
                            + ")");
        }
        if (fields[KIND] == LITERAL) {
            return new Part.Literal(length);
        }
        // Both have at most 63 bits and the first is at most the size of a base: their sum wraps at worst to below
        // zero.
        long oldOffset = expectedOldOffset + unfolded(fields[MOVE]);
        if (oldOffset < 0 || length > baseSize || oldOffset > baseSize - length) {
            throw new CorruptPatchException(
                    Reason.OUTSIDE_BASE,
                    patchOffset,
                    "a segment reads " + length + " bytes from byte " + oldOffset + " of a base of " + baseSize
                            + " (patch byte " + patchOffset + ")");
        }
        expectedOldOffset = oldOffset + length;
        return checked(fields, oldOffset, length, patchOffset);
    }

    private static Part checked(long[] fields, long oldOffset, long length, long patchOffset)
            throws CorruptPatchException {
        try {
            if (fields[KIND] == BYTES) {
                return new Part.Bytes(oldOffset, length, Math.toIntExact(fields[ELEMENT_BYTES]));
            }
            if (fields[KIND] == WEIGHTS) {
                int columns = (int) Math.min(fields[COLUMNS], Integer.MAX_VALUE);
                return new Part.Weights(
                        oldOffset,
                        length,
                        (int) fields[OLD_CENTRE],
                        (int) fields[NEW_CENTRE],
                        columns,
                        fields[RESTART]);
            }
        } catch (IllegalArgumentException e) {
            throw new CorruptPatchException(
                    Reason.MALFORMED_SEGMENT,
                    patchOffset,
                    "a malformed segment: " + e.getMessage() + " (patch byte " + patchOffset + ")");
        }
        throw new CorruptPatchException(
                Reason.MALFORMED_SEGMENT,
                patchOffset,
                "there is no segment of kind " + fields[KIND] + " (patch byte " + patchOffset + ")");
    }

    private void code(Coder coder, long[] fields) throws IOException, CorruptPatchException {
        codeByte(coder, fields, KIND);
        codeNumber(coder, fields, LENGTH);
        if (fields[KIND] == BYTES) {
            codeNumber(coder, fields, MOVE);
            codeByte(coder, fields, ELEMENT_BYTES);
        } else if (fields[KIND] == WEIGHTS) {
            codeNumber(coder, fields, MOVE);
            codeByte(coder, fields, OLD_CENTRE);
            codeByte(coder, fields, NEW_CENTRE);
            codeNumber(coder, fields, COLUMNS);
            codeNumber(coder, fields, RESTART);
        }
    }

    private void codeByte(Coder coder, long[] fields, int field) throws IOException, CorruptPatchException {
        fields[field] = coder.codeTree(states, field * TREE, Byte.SIZE, (int) fields[field], AdaptiveBit.LIVELY);
    }

    private void codeNumber(Coder coder, long[] fields, int field) throws IOException, CorruptPatchException {
        long rest = fields[field];
        long value = 0;
        for (int group = 0; group < MAX_GROUPS; group++) {
            int low = (int) (rest & MORE - 1);
            rest >>>= GROUP_BITS;
            int coded =
                    coder.codeTree(states, field * TREE, Byte.SIZE, rest == 0 ? low : low | MORE, AdaptiveBit.LIVELY);
            value |= (long) (coded & MORE - 1) << group * GROUP_BITS;
            if ((coded & MORE) == 0) {
                fields[field] = value;
                return;
            }
        }
        // No end after 63 bits: what no field may be.
        fields[field] = -1;
    }

    /** Small moves forward and back become small numbers: 0, -1, 1, -2 to 0, 1, 2, 3. */
    private static long folded(long move) {
        return move << 1 ^ move >> 63;
    }

    private static long unfolded(long number) {
        return number >>> 1 ^ -(number & 1);
    }
}
