package io.tinyfleet.registry.delta;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Decides which ways of getting a model's bytes are worth offering. Pure. */
public final class EncodingPlanner {
    /** A delta over this share of the full download is not offered: it costs the device work and saves little. */
    public static final int MAX_DELTA_PERCENT = 70;

    /** A compressed file over this share of the plain one is not offered. */
    public static final int MAX_COMPRESSED_PERCENT = 95;

    private EncodingPlanner() {}

    /** A delta that was made, by the name of the way it was made. */
    public record Delta(String way, long bytes) {
        public Delta {
            if (bytes < 1) {
                throw new IllegalArgumentException("a delta must have at least one byte, got " + bytes);
            }
        }
    }

    /**
     * What is worth offering beside the plain file, which always is.
     *
     * @param compressed whether the compressed file is
     * @param delta the delta that is, if any
     */
    public record Plan(boolean compressed, Optional<Delta> delta) {}

    /**
     * Decides.
     *
     * @param plainBytes of the file itself
     * @param compressedBytes of the file compressed, when that was tried
     * @param deltas that were made for one base
     */
    public static Plan plan(long plainBytes, OptionalLong compressedBytes, List<Delta> deltas) {
        boolean compressed = compressedBytes.isPresent()
                && isAtMost(compressedBytes.getAsLong(), MAX_COMPRESSED_PERCENT, plainBytes);
        long full = compressed ? compressedBytes.getAsLong() : plainBytes;
        Optional<Delta> delta = deltas.stream()
                .min(Comparator.comparingLong(Delta::bytes))
                .filter(smallest -> isAtMost(smallest.bytes(), MAX_DELTA_PERCENT, full));
        return new Plan(compressed, delta);
    }

    private static boolean isAtMost(long bytes, int percent, long whole) {
        return (double) bytes * 100 <= (double) whole * percent;
    }
}
