package io.tinyfleet.registry.selftest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Tensor;
import io.tinyfleet.registry.OnnxBytes;
import io.tinyfleet.registry.RealModels;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfTestRecorderTest {
    private static final AudioFrames SILERO = AudioFrames.newBuilder()
            .setSampleRateHz(16_000)
            .setFrameSamples(512)
            .setContextSamples(64)
            .setInput("input")
            .addFeedback(
                    Feedback.newBuilder().setInput("state").setOutput("stateN").addAllShape(List.of(2L, 1L, 128L)))
            .addConstants(ScalarInput.newBuilder().setInput("sr").setInt64Value(16_000))
            .setScoreOutput("output")
            .setScoreThreshold(0.5)
            .build();

    @TempDir
    Path folder;

    @Test
    void the_answers_of_the_model_are_written_down_beside_the_questions() throws Exception {
        Path model = Files.write(folder.resolve("add.onnx"), OnnxBytes.addModel());
        byte[] blob = SelfTestRecorder.recordVectors(
                model, List.of(List.of(tensor("x", 10f, 20f)), List.of(tensor("x", -1f, 0f))));
        SelfTestVectors vectors = SelfTestVectors.parseFrom(blob);
        assertThat(vectors.getVectorsCount()).isEqualTo(2);
        SelfTestVector first = vectors.getVectors(0);
        assertThat(first.getInputsList()).containsExactly(tensor("x", 10f, 20f));
        assertThat(first.getOutputsList()).containsExactly(tensor("y", 11f, 22f));
        assertThat(vectors.getVectors(1).getOutputsList()).containsExactly(tensor("y", 0f, 2f));
    }

    @Test
    void what_cannot_be_run_is_refused_with_the_cause() throws Exception {
        Path model = Files.write(folder.resolve("add.onnx"), OnnxBytes.addModel());
        Path cut = Files.write(
                folder.resolve("cut.onnx"), Arrays.copyOf(OnnxBytes.addModel(), OnnxBytes.addModel().length / 2));
        assertNotRecorded(cut, List.of(List.of(tensor("x", 1f, 2f))), "cut.onnx");
        assertNotRecorded(folder.resolve("missing.onnx"), List.of(List.of(tensor("x", 1f, 2f))), "missing.onnx");
        assertNotRecorded(model, List.of(), "at least one set");
        assertNotRecorded(model, List.of(List.of(tensor("unknown", 1f, 2f))), "unknown");
        assertNotRecorded(model, List.of(List.of(tensor("x", 1f, 2f, 3f))), "add.onnx");
        Tensor short1 = tensor("x", 1f, 2f).toBuilder()
                .setData(ByteString.copyFrom(new byte[7]))
                .build();
        assertNotRecorded(model, List.of(List.of(short1)), "has 7 bytes where its shape needs 8");
        Tensor text =
                tensor("x", 1f, 2f).toBuilder().setType(ElementType.STRING).build();
        assertNotRecorded(model, List.of(List.of(text)), "STRING");
    }

    @Test
    void a_recording_is_cut_into_frames_that_do_not_depend_on_each_other() {
        float[] samples = new float[512 * 3 + 100];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = i;
        }
        List<List<Tensor>> vectors = AudioFrameInputs.cut(SILERO, samples, 10);
        assertThat(vectors).hasSize(3);
        float[] first = floatsOf(vectors.get(0).get(0));
        float[] second = floatsOf(vectors.get(1).get(0));
        assertThat(first).hasSize(576);
        assertThat(first[63]).isZero();
        assertThat(first[64]).isZero();
        assertThat(first[65]).isEqualTo(1f);
        assertThat(second[0]).isEqualTo(512f - 64f);
        assertThat(second[575]).isEqualTo(1023f);
        for (List<Tensor> vector : vectors) {
            assertThat(vector).extracting(Tensor::getName).containsExactly("input", "state", "sr");
            assertThat(vector.get(1).getShapeList()).containsExactly(2L, 1L, 128L);
            assertThat(vector.get(1).getData()).isEqualTo(ByteString.copyFrom(new byte[1024]));
            assertThat(vector.get(2).getShapeList()).isEmpty();
            assertThat(vector.get(2).getData()).isEqualTo(ByteString.fromHex("803e000000000000"));
        }
    }

    @Test
    void few_vectors_are_spread_over_the_whole_recording() {
        float[] samples = new float[512 * 100];
        for (int i = 0; i < samples.length; i++) {
            int frame = i / 512;
            samples[i] = frame;
        }
        List<List<Tensor>> vectors = AudioFrameInputs.cut(SILERO, samples, 4);
        assertThat(vectors).extracting(vector -> floatsOf(vector.get(0))[575]).containsExactly(0f, 25f, 50f, 75f);
    }

    @Test
    void a_recording_without_a_whole_frame_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AudioFrameInputs.cut(SILERO, new float[511], 4))
                .withMessageContaining("512 samples, the recording only 511");
        assertThatIllegalArgumentException().isThrownBy(() -> AudioFrameInputs.cut(SILERO, new float[512], 0));
        AudioFrames withoutFrame = SILERO.toBuilder().setFrameSamples(0).build();
        assertThatIllegalArgumentException().isThrownBy(() -> AudioFrameInputs.cut(withoutFrame, new float[512], 1));
    }

    @Test
    void samples_of_16_bits_become_numbers_within_one() {
        assertThat(AudioFrameInputs.fromPcm16(new short[] {Short.MIN_VALUE, 0, Short.MAX_VALUE}))
                .containsExactly(new float[] {-1f, 0f, 1f}, within(1e-4f));
    }

    @Test
    void the_real_models_answer_the_same_each_time_and_differ_from_each_other() throws Exception {
        float[] samples = new float[16_000];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (0.4 * Math.sin(i * 0.05) * Math.sin(i * 0.0011));
        }
        byte[] v5 = SelfTestRecorder.recordAudioFrames(RealModels.sileroV5(), SILERO, samples, 8);
        byte[] again = SelfTestRecorder.recordAudioFrames(RealModels.sileroV5(), SILERO, samples, 8);
        byte[] v6 = SelfTestRecorder.recordAudioFrames(RealModels.sileroV6(), SILERO, samples, 8);
        assertThat(v5).isEqualTo(again).isNotEqualTo(v6).hasSizeLessThan(64 * 1024);
        SelfTestVectors vectors = SelfTestVectors.parseFrom(v5);
        assertThat(vectors.getVectorsCount()).isEqualTo(8);
        for (SelfTestVector vector : vectors.getVectorsList()) {
            assertThat(vector.getOutputsList()).extracting(Tensor::getName).containsExactly("output", "stateN");
            assertThat(floatsOf(vector.getOutputs(0))[0]).isBetween(0f, 1f);
        }
    }

    private static void assertNotRecorded(Path model, List<List<Tensor>> inputs, String says) {
        assertThatExceptionOfType(SelfTestRecordingException.class)
                .isThrownBy(() -> SelfTestRecorder.recordVectors(model, inputs))
                .withMessageContaining(says);
    }

    private static Tensor tensor(String name, float... values) {
        return Tensor.newBuilder()
                .setName(name)
                .setType(ElementType.FLOAT32)
                .addShape(values.length)
                .setData(ByteString.copyFrom(OnnxBytes.floats(values)))
                .build();
    }

    private static float[] floatsOf(Tensor tensor) {
        FloatBuffer buffer = tensor.getData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[] floats = new float[buffer.remaining()];
        buffer.get(floats);
        return floats;
    }
}
