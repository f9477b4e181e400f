package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.protocol.delta.Segment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Lays two files over each other without knowing what they hold. */
final class StraightAlignment {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int SAMPLES = 64;
    private static final int SAMPLE_BYTES = 1024;

    private StraightAlignment() {}

    static List<Segment> of(BaseBytes base, BaseBytes target) throws IOException {
        long shorter = Math.min(base.size(), target.size());
        if (shorter == 0) {
            return List.of();
        }
        if (base.size() == target.size()) {
            return List.of(Segment.unknown(0, 0, shorter));
        }
        long same = sharedFront(base, target, shorter);
        List<Segment> segments = new ArrayList<>();
        if (same > 0) {
            segments.add(Segment.unknown(0, 0, same));
        }
        long rest = shorter - same;
        if (rest > 0) {
            long oldEnd = base.size() - rest;
            long newEnd = target.size() - rest;
            boolean fromEnd =
                    equalBytes(base, oldEnd, target, newEnd, rest) > equalBytes(base, same, target, same, rest);
            segments.add(fromEnd ? Segment.unknown(oldEnd, newEnd, rest) : Segment.unknown(same, same, rest));
        }
        return segments;
    }

    private static long sharedFront(BaseBytes base, BaseBytes target, long limit) throws IOException {
        byte[] old = new byte[BUFFER_BYTES];
        byte[] fresh = new byte[BUFFER_BYTES];
        for (long at = 0; at < limit; at += BUFFER_BYTES) {
            int length = (int) Math.min(BUFFER_BYTES, limit - at);
            base.read(at, old, 0, length);
            target.read(at, fresh, 0, length);
            for (int i = 0; i < length; i++) {
                if (old[i] != fresh[i]) {
                    return at + i;
                }
            }
        }
        return limit;
    }

    /** In samples that are spread evenly. */
    private static long equalBytes(BaseBytes base, long oldFrom, BaseBytes target, long newFrom, long length)
            throws IOException {
        byte[] old = new byte[SAMPLE_BYTES];
        byte[] fresh = new byte[SAMPLE_BYTES];
        int sample = (int) Math.min(SAMPLE_BYTES, length);
        long equal = 0;
        for (int i = 0; i < SAMPLES; i++) {
            long at = (length - sample) / SAMPLES * i;
            base.read(oldFrom + at, old, 0, sample);
            target.read(newFrom + at, fresh, 0, sample);
            for (int k = 0; k < sample; k++) {
                equal += old[k] == fresh[k] ? 1 : 0;
            }
        }
        return equal;
    }
}
