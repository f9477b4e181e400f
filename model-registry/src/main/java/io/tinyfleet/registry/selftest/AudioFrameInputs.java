package io.tinyfleet.registry.selftest;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Cuts a recording into the inputs of single inferences, as an audio-frame pipeline declares them. */
public final class AudioFrameInputs {
    private static final float FULL_SCALE = 32_768f;

    private AudioFrameInputs() {}

    /** Samples of 16 bits as numbers in -1..1. */
    public static float[] fromPcm16(short[] pcm) {
        float[] samples = new float[pcm.length];
        for (int i = 0; i < pcm.length; i++) {
            samples[i] = pcm[i] / FULL_SCALE;
        }
        return samples;
    }

    /**
     * Inputs for at most {@code maxVectors} frames, spread evenly over the recording. Each starts from zeroed recurrent
     * tensors, so the frames do not depend on each other.
     *
     * @param pipeline how the model wants its frames
     * @param samples mono, at the pipeline's rate, in -1..1
     * @throws IllegalArgumentException when the recording has not one whole frame, or the pipeline's sizes are not
     *     positive
     */
    public static List<List<Tensor>> cut(AudioFrames pipeline, float[] samples, int maxVectors) {
        int frame = pipeline.getFrameSamples();
        if (frame < 1 || pipeline.getContextSamples() < 0 || maxVectors < 1) {
            throw new IllegalArgumentException("frame and vectors must be 1 or more and context 0 or more, got " + frame
                    + ", " + maxVectors + " and " + pipeline.getContextSamples());
        }
        int frames = samples.length / frame;
        if (frames == 0) {
            throw new IllegalArgumentException(
                    "a frame has " + frame + " samples, the recording only " + samples.length);
        }
        int count = Math.min(frames, maxVectors);
        List<List<Tensor>> vectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = (int) ((long) i * frames / count);
            vectors.add(inputs(pipeline, samples, index * frame));
        }
        return vectors;
    }

    private static List<Tensor> inputs(AudioFrames pipeline, float[] samples, int from) {
        List<Tensor> inputs = new ArrayList<>();
        int context = pipeline.getContextSamples();
        int length = context + pipeline.getFrameSamples();
        byte[] frameBytes = new byte[length * Float.BYTES];
        ByteBuffer frame = ByteBuffer.wrap(frameBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = from - context; i < from + pipeline.getFrameSamples(); i++) {
            frame.putFloat(i < 0 ? 0f : samples[i]);
        }
        inputs.add(tensor(pipeline.getInput(), ElementType.FLOAT32, List.of(1L, (long) length), frameBytes));
        for (Feedback feedback : pipeline.getFeedbackList()) {
            long elements = feedback.getShapeList().stream().reduce(1L, Math::multiplyExact);
            byte[] zeros = new byte[Math.toIntExact(Math.multiplyExact(elements, Float.BYTES))];
            inputs.add(tensor(feedback.getInput(), ElementType.FLOAT32, feedback.getShapeList(), zeros));
        }
        for (ScalarInput constant : pipeline.getConstantsList()) {
            byte[] value = new byte[Long.BYTES];
            ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putLong(constant.getInt64Value());
            inputs.add(tensor(constant.getInput(), ElementType.INT64, List.of(), value));
        }
        return inputs;
    }

    private static Tensor tensor(String name, ElementType type, List<Long> shape, byte[] bytes) {
        return Tensor.newBuilder()
                .setName(name)
                .setType(type)
                .addAllShape(shape)
                .setData(ByteString.copyFrom(bytes))
                .build();
    }
}
