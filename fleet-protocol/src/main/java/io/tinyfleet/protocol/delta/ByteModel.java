package io.tinyfleet.protocol.delta;

import java.io.IOException;

/**
 * Bytes of any meaning against old bytes: each is coded as the same or not, in the context of its place in the element,
 * of the two bytes before it and of recent changes; a changed one as the difference modulo 256. The statistics go on
 * from segment to segment. Owned by one thread.
 */
final class ByteModel {
    /** Bytes of the widest element, a float64. */
    static final int MAX_ELEMENT_BYTES = 8;

    private static final int LIMIT = AdaptiveBit.LIVELY;
    private static final int LEVELS = 16;
    private static final int LEVEL_SHIFT = 12;
    private static final int STEP_SHIFT = 4;
    private static final int FULL = (1 << 16) - 1;
    private static final int BEFORE = 4;
    private static final int BYTE_STATES = 1 << Byte.SIZE;

    private final int[] changed;
    private final int[] difference;
    private int elementBytes = 1;
    private int place;
    private int before;
    private int activity;

    ByteModel() {
        changed = AdaptiveBit.states(MAX_ELEMENT_BYTES * BEFORE * LEVELS);
        difference = AdaptiveBit.states(MAX_ELEMENT_BYTES * BEFORE * BYTE_STATES);
    }

    /** Takes over the statistics. */
    ByteModel(ByteModel learned) {
        changed = learned.changed.clone();
        difference = learned.difference.clone();
    }

    /** Starts a segment. */
    void begin(Part.Bytes bytes) {
        elementBytes = bytes.elementBytes();
        place = 0;
        before = 0;
        activity = 0;
    }

    /** Codes the next bytes of the segment. */
    void code(Coder coder, byte[] old, byte[] target, int count) throws IOException, CorruptPatchException {
        for (int i = 0; i < count; i++) {
            int context = place * BEFORE + before;
            int wanted = target[i] - old[i] & 0xff;
            int different =
                    coder.code(changed, context * LEVELS + (activity >> LEVEL_SHIFT), wanted == 0 ? 0 : 1, LIMIT);
            int residual = 0;
            if (different == 1) {
                residual = coder.codeTree(difference, context * BYTE_STATES, Byte.SIZE, wanted, LIMIT);
            }
            target[i] = (byte) (old[i] + residual);
            before = before << 1 & BEFORE - 1 | different;
            activity += (different * FULL - activity) >> STEP_SHIFT;
            if (++place == elementBytes) {
                place = 0;
            }
        }
    }
}
