package io.tinyfleet.server.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Milliseconds in DDSketches as devices send them: relative error 1 %, at most 1024 bins, in the library's own encoding;
 * empty bytes for no values. Percentiles come from merged sketches, never from other percentiles.
 */
final class LatencySketches {
    private static final double RELATIVE_ERROR = 0.01;
    private static final int MAX_BINS = 1024;

    private LatencySketches() {}

    static DDSketch empty() {
        return DDSketches.collapsingLowestDense(RELATIVE_ERROR, MAX_BINS);
    }

    /**
     * Adds encoded values to a sketch.
     *
     * @throws IllegalArgumentException when these are not the bytes of such a sketch; the target is then spoilt
     */
    static void addTo(DDSketch target, byte[] encoded) {
        if (encoded.length == 0) {
            return;
        }
        try {
            target.decodeAndMergeWith(ByteArrayInput.wrap(encoded));
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("not a latency sketch of " + encoded.length + " bytes: " + e, e);
        }
        if (!Double.isFinite(target.getCount()) || target.getCount() < 0) {
            throw new IllegalArgumentException("a sketch cannot hold " + target.getCount() + " values");
        }
    }

    static byte[] encode(DDSketch sketch) {
        if (sketch.isEmpty()) {
            return new byte[0];
        }
        GrowingByteArrayOutput out = GrowingByteArrayOutput.withDefaultInitialCapacity();
        try {
            sketch.encode(out, false);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.trimmedCopy();
    }

    static Optional<Double> quantile(DDSketch sketch, double quantile) {
        return sketch.isEmpty() ? Optional.empty() : Optional.of(sketch.getValueAtQuantile(quantile));
    }
}
