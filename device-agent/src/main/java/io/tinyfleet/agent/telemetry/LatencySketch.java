package io.tinyfleet.agent.telemetry;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.datadoghq.sketch.ddsketch.store.CollapsingLowestDenseStore;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Durations in milliseconds in a DDSketch with a relative error of 1 %. At most 1024 bins, which span eight orders
 * of magnitude; beyond that the smallest values are counted together, so high quantiles stay right.
 */
public final class LatencySketch {

    private static final double RELATIVE_ERROR = 0.01;
    private static final int MAX_BINS = 1024;

    private final DDSketch sketch = DDSketches.collapsingLowestDense(RELATIVE_ERROR, MAX_BINS);

    void add(double millis) {
        sketch.accept(millis);
    }

    boolean isEmpty() {
        return sketch.isEmpty();
    }

    /** DDSketch's own encoding with its index mapping; empty bytes for no values. Read with {@link #decode}. */
    ByteString encode() {
        if (sketch.isEmpty()) {
            return ByteString.EMPTY;
        }
        GrowingByteArrayOutput out = GrowingByteArrayOutput.withDefaultInitialCapacity();
        try {
            sketch.encode(out, false);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return ByteString.copyFrom(out.backingArray(), 0, out.numWrittenBytes());
    }

    /** @throws IOException if these are not the bytes of a sketch */
    public static DDSketch decode(ByteString bytes) throws IOException {
        return DDSketch.decode(
                ByteArrayInput.wrap(bytes.toByteArray()), () -> new CollapsingLowestDenseStore(MAX_BINS));
    }
}
