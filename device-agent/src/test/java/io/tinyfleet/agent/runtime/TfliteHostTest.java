package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.bytedeco.tensorflowlite.global.tensorflowlite.kTfLiteOk;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Pipeline;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The second runtime, in a real worker on a real model. */
class TfliteHostTest {

    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int SIDE = 128;
    private static final int ANCHORS = 896;

    @TempDir
    Path files;

    private ProcessModelHost host;

    @BeforeEach
    void start() throws IOException {
        host = ProcessModelHost.at(files.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE);
    }

    @AfterEach
    void stop() {
        host.close();
    }

    private static ModelFile tflite(Path path) throws IOException {
        return Models.of(path, ModelFormat.TFLITE, Pipeline.getDefaultInstance());
    }

    private static Tensor noise(long seed) {
        Tensor image = Tensor.zeros("input", ElementType.FLOAT32, 1, SIDE, SIDE, 3);
        Random random = new Random(seed);
        for (int i = 0; i < SIDE * SIDE * 3; i++) {
            image.setFloat(i, random.nextFloat() * 2 - 1);
        }
        return image;
    }

    @Test
    void both_runtimes_are_reported_with_their_versions() {
        assertThat(host.runtimes())
                .extracting(runtime -> runtime.getName() + " " + runtime.getVersion())
                .containsExactly("onnxruntime 1.23.2", "tflite 2.20.0");
    }

    @Test
    void a_worker_answers_what_the_bare_library_answers() throws Exception {
        Tensor image = noise(7);
        List<float[]> bare = bareLibrary(RealModels.faceDetection(), image);

        try (RunningModel model = host.start(tflite(RealModels.faceDetection()))) {
            List<Tensor> answer = model.infer(List.of(image), DEADLINE);

            assertThat(answer)
                    .extracting(Tensor::shape)
                    .containsExactly(new long[] {1, ANCHORS, 16}, new long[] {1, ANCHORS, 1});
            for (int i = 0; i < answer.size(); i++) {
                assertThat(floats(answer.get(i))).containsExactly(bare.get(i));
            }
            // The buffers are used again: another input gives another answer, the first one the first.
            assertThat(floats(model.infer(List.of(noise(8)), DEADLINE).get(0))).isNotEqualTo(bare.get(0));
            assertThat(floats(model.infer(List.of(image), DEADLINE).get(0))).containsExactly(bare.get(0));
        }
    }

    @Test
    void inputs_of_another_shape_type_or_name_are_refused_and_the_worker_goes_on() throws Exception {
        try (RunningModel model = host.start(tflite(RealModels.faceDetection()))) {
            for (Tensor wrong : List.of(
                    Tensor.zeros("input", ElementType.FLOAT32, 1, 64, 64, 3),
                    Tensor.zeros("input", ElementType.FLOAT32, 1, SIDE, SIDE),
                    Tensor.zeros("input", ElementType.UINT8, 1, SIDE, SIDE, 3),
                    Tensor.zeros("image", ElementType.FLOAT32, 1, SIDE, SIDE, 3))) {
                assertThatThrownBy(() -> model.infer(List.of(wrong), DEADLINE))
                        .isInstanceOfSatisfying(
                                InferenceException.class,
                                refused -> assertThat(refused.reason()).isEqualTo(InferenceException.Reason.BAD_INPUT));
            }
            Tensor image = noise(1);
            assertThatThrownBy(() -> model.infer(List.of(image, image), DEADLINE))
                    .hasMessageContaining("[input]");
            assertThat(model.infer(List.of(image), DEADLINE)).hasSize(2);
        }
    }

    @Test
    void a_trial_passes_the_real_model_and_says_what_it_took() throws Exception {
        Tensor image = noise(3);
        List<float[]> bare = bareLibrary(RealModels.faceDetection(), image);
        Tensor scores = Tensor.zeros("classificators", ElementType.FLOAT32, 1, ANCHORS, 1);
        for (int i = 0; i < ANCHORS; i++) {
            scores.setFloat(i, bare.get(1)[i]);
        }
        SelfTestFile vectors = Models.selfTest(files.resolve("vectors"), Models.vector(image, scores));

        TrialReport passed = host.trial(tflite(RealModels.faceDetection()), vectors, TrialLimits.DEFAULT);
        assertThat(passed).isInstanceOfSatisfying(TrialReport.Passed.class, report -> {
            assertThat(report.rssBytes()).isPositive();
            assertThat(report.p50Micros()).isPositive();
        });

        scores.setFloat(5, scores.floatAt(5) + 1);
        SelfTestFile altered = Models.selfTest(files.resolve("altered"), Models.vector(image, scores));
        assertThat(host.trial(tflite(RealModels.faceDetection()), altered, TrialLimits.DEFAULT))
                .isInstanceOfSatisfying(
                        TrialReport.Failed.class,
                        report -> assertThat(report.code()).isEqualTo(TrialReport.Code.SELF_TEST_FAILED));
    }

    @Test
    void a_file_that_is_no_tflite_model_is_refused_with_a_reason() throws Exception {
        Path onnx = OnnxFile.write(files, "other.onnx", OnnxFile.doubling(3));
        assertThat(host.trial(tflite(onnx), null, TrialLimits.DEFAULT))
                .isInstanceOfSatisfying(TrialReport.Failed.class, report -> {
                    assertThat(report.code()).isEqualTo(TrialReport.Code.LOAD_FAILED);
                    assertThat(report.sentence()).contains("no sound TFLite file");
                });
    }

    @Test
    void a_c_library_that_is_too_old_or_another_one_has_no_tflite() {
        assertThat(InferenceRuntimes.mayLoadTflite("glibc 2.34")).isTrue();
        assertThat(InferenceRuntimes.mayLoadTflite("glibc 2.36")).isTrue();
        assertThat(InferenceRuntimes.mayLoadTflite("unknown")).isTrue();
        assertThat(InferenceRuntimes.mayLoadTflite("glibc 2.31")).isFalse();
        assertThat(InferenceRuntimes.mayLoadTflite("musl")).isFalse();
    }

    /** The library itself, in this process. */
    private static List<float[]> bareLibrary(Path file, Tensor image) {
        try (PointerScope scope = new PointerScope()) {
            FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromFile(file.toString());
            Interpreter interpreter = new Interpreter((Pointer) null);
            InterpreterBuilder builder = new InterpreterBuilder(model, new BuiltinOpResolver());
            builder.SetNumThreads(1);
            assertThat(builder.apply(interpreter)).isEqualTo(kTfLiteOk);
            assertThat(interpreter.AllocateTensors()).isEqualTo(kTfLiteOk);
            FloatBuffer input = image.data().asFloatBuffer();
            FloatPointer target = new FloatPointer(
                    interpreter.tensor(interpreter.inputs().get(0)).data().data());
            for (int i = 0; i < input.limit(); i++) {
                target.put(i, input.get(i));
            }
            assertThat(interpreter.Invoke()).isEqualTo(kTfLiteOk);
            assertThat(scope).isNotNull();
            return List.of(output(interpreter, 0), output(interpreter, 1));
        }
    }

    private static float[] output(Interpreter interpreter, int place) {
        var tensor = interpreter.tensor(interpreter.outputs().get(place));
        float[] values = new float[(int) (tensor.bytes() / Float.BYTES)];
        new FloatPointer(tensor.data().data()).get(values);
        return values;
    }

    private static float[] floats(Tensor tensor) {
        float[] values = new float[tensor.bytes() / Float.BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.floatAt(i);
        }
        return values;
    }
}
