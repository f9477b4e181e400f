package io.tinyfleet.protocol.delta;

import java.io.IOException;

/**
 * Codes decisions of two or four symbols. A model walks through the same decisions when it writes, reads or only
 * measures; what differs is the coder. So encoder and decoder cannot drift apart.
 */
abstract class Coder {
    /** Bits of a probability. */
    static final int SHARE_BITS = 16;

    /** Of all symbols of {@link #codeFour} the last. */
    static final int LAST = 3;

    private static final int SHARE_MASK = (1 << SHARE_BITS) - 1;

    /**
     * Codes one decision in the state {@code models[index]}, which learns from it.
     *
     * @param bit what is to be written; a reader ignores it
     * @param limit how many decisions the state remembers, see {@link AdaptiveBit}
     * @return what was written or read
     */
    abstract int code(int[] models, int index, int bit, int limit) throws IOException, CorruptPatchException;

    /**
     * Codes one of the symbols 0 to 3; nothing is learned.
     *
     * @param bounds as {@link Frequencies} has them
     * @param symbol what is to be written; a reader ignores it
     * @return what was written or read
     */
    abstract int codeFour(long bounds, int symbol) throws IOException, CorruptPatchException;

    /** Codes the lowest {@code bits} bits of a number, highest first, in a tree of {@code 1 << bits} states. */
    final int codeTree(int[] models, int from, int bits, int value, int limit)
            throws IOException, CorruptPatchException {
        int node = 1;
        for (int bit = bits - 1; bit >= 0; bit--) {
            node = node << 1 | code(models, from + node, value >>> bit & 1, limit);
        }
        return node - (1 << bits);
    }

    /** How likely a symbol below {@code symbol} is, in 1/65536; for symbols 1 to 3. */
    static int below(long bounds, int symbol) {
        return (int) (bounds >>> SHARE_BITS * (symbol - 1)) & SHARE_MASK;
    }
}
