package io.tinyfleet.protocol.delta;

import java.io.IOException;

/** Bytes that have no old counterpart, in the context of the upper half of the byte before. Owned by one thread. */
final class LiteralModel {
    private static final int CONTEXTS = 16;
    private static final int BYTE_STATES = 1 << Byte.SIZE;
    private static final int LIMIT = AdaptiveBit.LIVELY;

    private final int[] states;
    private int before;

    LiteralModel() {
        states = AdaptiveBit.states(CONTEXTS * BYTE_STATES);
    }

    /** Takes over the statistics. */
    LiteralModel(LiteralModel learned) {
        states = learned.states.clone();
    }

    /** Starts a segment. */
    void begin() {
        before = 0;
    }

    /** Codes the next bytes of the segment. */
    void code(Coder coder, byte[] target, int count) throws IOException, CorruptPatchException {
        for (int i = 0; i < count; i++) {
            int coded = coder.codeTree(states, (before >> 4) * BYTE_STATES, Byte.SIZE, target[i] & 0xff, LIMIT);
            target[i] = (byte) coded;
            before = coded;
        }
    }
}
