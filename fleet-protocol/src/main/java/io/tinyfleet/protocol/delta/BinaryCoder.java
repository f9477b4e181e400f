package io.tinyfleet.protocol.delta;

import java.io.IOException;

/**
 * Codes yes-or-no decisions. A model walks through the same decisions when it writes, reads or only measures; what
 * differs is the coder. So encoder and decoder cannot drift apart.
 */
abstract class BinaryCoder {
    /**
     * Codes one decision in the state {@code models[index]}, which learns from it.
     *
     * @param bit what is to be written; a reader ignores it
     * @param limit how many decisions the state remembers, see {@link AdaptiveBit}
     * @return what was written or read
     */
    abstract int code(int[] models, int index, int bit, int limit) throws IOException, CorruptPatchException;

    /** Codes the lowest {@code bits} bits of a number, highest first, in a tree of {@code 1 << bits} states. */
    final int codeTree(int[] models, int from, int bits, int value, int limit)
            throws IOException, CorruptPatchException {
        int node = 1;
        for (int bit = bits - 1; bit >= 0; bit--) {
            node = node << 1 | code(models, from + node, value >>> bit & 1, limit);
        }
        return node - (1 << bits);
    }
}
