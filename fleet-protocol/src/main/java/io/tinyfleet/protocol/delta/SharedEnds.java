package io.tinyfleet.protocol.delta;

import java.io.IOException;
import java.util.Arrays;

/** How many bytes two stretches share at their beginnings and at their ends; the two never overlap. */
record SharedEnds(long head, long tail) {
    private static final int COMPARE_BYTES = 64 * 1024;

    static SharedEnds of(BaseBytes base, long oldFrom, long oldLength, BaseBytes target, long newFrom, long newLength)
            throws IOException {
        long shared = Math.min(oldLength, newLength);
        long head = 0;
        byte[] old = new byte[COMPARE_BYTES];
        byte[] fresh = new byte[COMPARE_BYTES];
        while (head < shared) {
            int length = (int) Math.min(COMPARE_BYTES, shared - head);
            base.read(oldFrom + head, old, 0, length);
            target.read(newFrom + head, fresh, 0, length);
            int difference = Arrays.mismatch(old, 0, length, fresh, 0, length);
            head += difference < 0 ? length : difference;
            if (difference >= 0) {
                break;
            }
        }
        long tail = 0;
        while (tail < shared - head) {
            int length = (int) Math.min(COMPARE_BYTES, shared - head - tail);
            base.read(oldFrom + oldLength - tail - length, old, 0, length);
            target.read(newFrom + newLength - tail - length, fresh, 0, length);
            int same = sameFromBack(old, fresh, length);
            tail += same;
            if (same < length) {
                break;
            }
        }
        return new SharedEnds(head, tail);
    }

    private static int sameFromBack(byte[] old, byte[] fresh, int length) {
        int same = 0;
        while (same < length && old[length - 1 - same] == fresh[length - 1 - same]) {
            same++;
        }
        return same;
    }
}
