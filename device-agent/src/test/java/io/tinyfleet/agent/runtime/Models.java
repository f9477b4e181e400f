package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Models as a release would describe them. */
public final class Models {

    private Models() {}

    public static ModelFile onnx(Path path) throws IOException {
        return onnx(path, Pipeline.getDefaultInstance());
    }

    public static ModelFile onnx(Path path, Pipeline pipeline) throws IOException {
        return of(path, ModelFormat.ONNX, pipeline);
    }

    public static ModelFile of(Path path, ModelFormat format, Pipeline pipeline) throws IOException {
        Variant variant = Variant.newBuilder()
                .setName("test")
                .setTarget(Target.newBuilder().setFormat(format).setSize(Files.size(path)))
                .setPipeline(pipeline)
                .build();
        return new ModelFile(path, Digest.ofFile(path), variant);
    }

    /** For {@link OnnxFile#recurrent}. */
    public static Pipeline recurrentPipeline(int context, int frame) {
        AudioFrames frames = AudioFrames.newBuilder()
                .setSampleRateHz(16_000)
                .setContextSamples(context)
                .setFrameSamples(frame)
                .setInput("x")
                .addFeedback(Feedback.newBuilder()
                        .setInput("state")
                        .setOutput("next")
                        .addShape(1)
                        .addShape(2))
                .setScoreOutput("mean")
                .setScoreThreshold(0.5)
                .build();
        return Pipeline.newBuilder().setAudioFrames(frames).build();
    }

    public static Pipeline sileroPipeline() {
        AudioFrames frames = AudioFrames.newBuilder()
                .setSampleRateHz(16_000)
                .setContextSamples(64)
                .setFrameSamples(512)
                .setInput("input")
                .addFeedback(Feedback.newBuilder()
                        .setInput("state")
                        .setOutput("stateN")
                        .addAllShape(List.of(2L, 1L, 128L)))
                .addConstants(ScalarInput.newBuilder().setInput("sr").setInt64Value(16_000))
                .setScoreOutput("output")
                .setScoreThreshold(0.5)
                .build();
        return Pipeline.newBuilder().setAudioFrames(frames).build();
    }

    public static Tensor floats(String name, float... values) {
        Tensor tensor = Tensor.zeros(name, ElementType.FLOAT32, 1, values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.setFloat(i, values[i]);
        }
        return tensor;
    }

    public static SelfTestVector vector(Tensor input, Tensor output) {
        return SelfTestVector.newBuilder()
                .addInputs(input.toProto())
                .addOutputs(output.toProto())
                .build();
    }

    public static SelfTestFile selfTest(Path file, SelfTestVector... vectors) throws IOException {
        SelfTestVectors all =
                SelfTestVectors.newBuilder().addAllVectors(List.of(vectors)).build();
        Files.write(file, all.toByteArray());
        return new SelfTestFile(file, 1e-3, 0);
    }
}
