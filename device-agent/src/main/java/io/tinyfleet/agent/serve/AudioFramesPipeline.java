package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A stream of samples cut into frames, with recurrent state, and a score read from one output. */
final class AudioFramesPipeline implements SlotPipeline {

    static final int MAX_FRAME_SAMPLES = 1 << 20;
    private static final int MAX_STATE_BYTES = 1 << 20;

    /** A recurrent state has no length. Speech models of this kind settle within two seconds, 64 frames of 32 ms. */
    private static final int STATE_SETTLES = 64;

    private final AudioSource source;
    private final int frameSamples;
    private final int contextSamples;
    private final int sampleRateHz;
    private final double threshold;
    private final String scoreOutput;
    private final Tensor samples;
    private final Tensor fresh;
    private final List<Tensor> inputs = new ArrayList<>();
    private final Map<String, Tensor> stateByOutput = new LinkedHashMap<>();

    private AudioFramesPipeline(AudioFrames frames, AudioSource source) {
        this.source = source;
        this.frameSamples = frames.getFrameSamples();
        this.contextSamples = frames.getContextSamples();
        this.sampleRateHz = frames.getSampleRateHz();
        this.threshold = frames.getScoreThreshold();
        this.scoreOutput = frames.getScoreOutput();
        this.samples = Tensor.zeros(frames.getInput(), ElementType.FLOAT32, 1, contextSamples + frameSamples);
        this.fresh = Tensor.zeros(frames.getInput(), ElementType.FLOAT32, frameSamples);
        inputs.add(samples);
        for (Feedback feedback : frames.getFeedbackList()) {
            Tensor state = Tensor.zeros(feedback.getInput(), ElementType.FLOAT32, shapeOf(feedback));
            inputs.add(state);
            stateByOutput.put(feedback.getOutput(), state);
        }
        for (ScalarInput constant : frames.getConstantsList()) {
            Tensor value = Tensor.zeros(constant.getInput(), ElementType.INT64);
            value.setLong(0, constant.getInt64Value());
            inputs.add(value);
        }
    }

    /** @throws IllegalArgumentException if {@link #findMisfit} names a reason */
    static AudioFramesPipeline of(Variant variant, AudioSource source) {
        findMisfit(variant, source).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
        return new AudioFramesPipeline(variant.getPipeline().getAudioFrames(), source);
    }

    /** Why the source cannot feed the variant, if so. */
    static Optional<String> findMisfit(Variant variant, AudioSource source) {
        AudioFrames frames = variant.getPipeline().getAudioFrames();
        if (frames.getSampleRateHz() != source.sampleRateHz()) {
            return Optional.of("the model wants " + frames.getSampleRateHz() + " samples a second, the source '"
                    + source.name() + "' has " + source.sampleRateHz());
        }
        if (frames.getFrameSamples() < 1 || frames.getFrameSamples() > MAX_FRAME_SAMPLES) {
            return Optional.of("a frame has 1 to " + MAX_FRAME_SAMPLES + " samples, the pipeline declares "
                    + Integer.toUnsignedString(frames.getFrameSamples()));
        }
        if (frames.getContextSamples() < 0 || frames.getContextSamples() > frames.getFrameSamples()) {
            return Optional.of("the context is at most one frame (" + frames.getFrameSamples()
                    + " samples), the pipeline declares " + Integer.toUnsignedString(frames.getContextSamples()));
        }
        if (!(frames.getScoreThreshold() >= 0 && frames.getScoreThreshold() <= 1)) {
            return Optional.of("a score threshold is 0 to 1, the pipeline declares " + frames.getScoreThreshold());
        }
        return findTensorMisfit(frames);
    }

    private static Optional<String> findTensorMisfit(AudioFrames frames) {
        Set<String> names = new HashSet<>();
        boolean distinct = names.add(frames.getInput());
        Set<String> fedBack = new HashSet<>();
        for (Feedback feedback : frames.getFeedbackList()) {
            distinct &= names.add(feedback.getInput()) && fedBack.add(feedback.getOutput());
            try {
                long bytes = Tensor.byteSize(feedback.getInput(), ElementType.FLOAT32, shapeOf(feedback));
                if (bytes > MAX_STATE_BYTES) {
                    return Optional.of("a state has at most " + MAX_STATE_BYTES + " bytes, the pipeline declares "
                            + bytes + " for '" + feedback.getInput() + "'");
                }
            } catch (IllegalArgumentException e) {
                return Optional.of("the pipeline's feedback: " + e.getMessage());
            }
        }
        for (ScalarInput constant : frames.getConstantsList()) {
            distinct &= names.add(constant.getInput());
        }
        if (!distinct || names.contains("") || frames.getScoreOutput().isEmpty()) {
            return Optional.of("the pipeline names an input twice, an output twice, or nothing at all");
        }
        return Optional.empty();
    }

    private static long[] shapeOf(Feedback feedback) {
        return feedback.getShapeList().stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public int memory() {
        return stateByOutput.isEmpty() ? Math.min(1, contextSamples) : STATE_SETTLES;
    }

    @Override
    public double threshold() {
        return threshold;
    }

    @Override
    public long frameNanos() {
        return frameSamples * 1_000_000_000L / sampleRateHz;
    }

    /** The end of the frame before, then new samples. */
    @Override
    public List<Tensor> next() throws IOException {
        // Read aside: a frame that does not come must not spoil the context of the next one.
        source.read(fresh, 0, frameSamples);
        for (int i = 0; i < contextSamples; i++) {
            samples.setFloat(i, samples.floatAt(frameSamples + i));
        }
        for (int i = 0; i < frameSamples; i++) {
            samples.setFloat(contextSamples + i, fresh.floatAt(i));
        }
        return inputs;
    }

    /** Takes over the state that the model answered with; it stays as it was if the score is not a number. */
    @Override
    public Result accept(List<Tensor> answer) throws AnswerException {
        double score = Double.NaN;
        for (Tensor output : answer) {
            if (output.name().equals(scoreOutput)
                    && output.type() == ElementType.FLOAT32
                    && output.bytes() >= Float.BYTES) {
                score = output.floatAt(0);
            }
        }
        if (Double.isNaN(score)) {
            throw new AnswerException(
                    "score-not-a-number", "the output '" + scoreOutput + "' has no number as its first element");
        }
        for (Tensor output : answer) {
            Tensor state = stateByOutput.get(output.name());
            if (state != null && state.bytes() == output.bytes() && state.type() == output.type()) {
                state.copyFrom(output);
            }
        }
        return new Score(score, score > threshold);
    }
}
