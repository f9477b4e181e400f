package io.tinyfleet.agent.serve;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import io.tinyfleet.agent.telemetry.Recording;
import io.tinyfleet.protocol.v1.Phase;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** One model from its activation to its end: its pipeline's state, its windows and how it has done. */
final class Activation implements AutoCloseable {

    private static final double RELATIVE_ERROR = 0.01;
    private static final int MAX_BINS = 1024;
    private static final double P95 = 0.95;

    private final ActiveModel active;
    private final @Nullable SlotPipeline pipeline;
    private final Recording recording;
    private final DDSketch latencyMillis = DDSketches.collapsingLowestDense(RELATIVE_ERROR, MAX_BINS);
    private long ok;
    private long failed;

    /** Takes over the model and the recording. */
    Activation(ActiveModel active, @Nullable SlotPipeline pipeline, Recording recording) {
        this.active = active;
        this.pipeline = pipeline;
        this.recording = recording;
    }

    ActiveModel active() {
        return active;
    }

    /** How the slot's own input is handled; null if only applications ask this model. */
    @Nullable SlotPipeline pipeline() {
        return pipeline;
    }

    void phase(Phase next) {
        recording.phase(next);
    }

    void answered(double millis, double waitMillis, double score) {
        synchronized (this) {
            ok++;
            latencyMillis.accept(millis);
        }
        recording.answered(millis, waitMillis, score);
    }

    /** An answer without a score, at once: to a caller who waits for it. */
    void answered(double millis) {
        synchronized (this) {
            ok++;
            latencyMillis.accept(millis);
        }
        recording.answered(millis);
    }

    /** So many more frames of the source were thrown away. */
    void dropped(long frames) {
        recording.dropped(frames);
    }

    /** Where a shadow of this model is counted. */
    Recording recording() {
        return recording;
    }

    void failed(String code) {
        synchronized (this) {
            failed++;
        }
        recording.failed(code);
    }

    synchronized long ok() {
        return ok;
    }

    synchronized long failures() {
        return failed;
    }

    synchronized OptionalDouble p95Millis() {
        return latencyMillis.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(latencyMillis.getValueAtQuantile(P95));
    }

    @Override
    public void close() {
        // The last window reads what the worker has used, so it closes first.
        recording.close();
        active.model().close();
    }
}
