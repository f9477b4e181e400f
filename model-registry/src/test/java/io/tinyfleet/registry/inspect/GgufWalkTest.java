package io.tinyfleet.registry.inspect;

import static io.tinyfleet.registry.GgufBytes.F32;
import static io.tinyfleet.registry.GgufBytes.Q8_0;
import static io.tinyfleet.registry.GgufBytes.le;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.protocol.delta.BaseFile;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.GgufBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWalkTest {
    @TempDir
    Path folder;

    @Test
    void a_small_language_model_is_told_as_it_is() throws Exception {
        Inspection found = inspect(GgufBytes.tiny().bytes());

        assertThat(found.format()).isEqualTo(ModelFormat.GGUF);
        assertThat(found.formatVersion()).isEqualTo(3);
        assertThat(found.inputs()).isEmpty();
        assertThat(found.metadata())
                .containsEntry("general.architecture", "llama")
                .containsEntry("general.name", "tiny")
                .containsEntry("llama.context_length", "128")
                .doesNotContainKey("tokenizer.ggml.tokens");
        assertThat(found.weights().bytesByType())
                .containsEntry("f32", 64L * 3 * 4 + 64 * 4)
                .containsEntry("q8_0", 4352L)
                .containsEntry("q4_0", 2304L);
        long weights = 64 * 3 * 4 + 64 * 4 + 4352 + 2304;
        // Keys and values of 2 layers, 2 heads of 16, 128 tokens in 16-bit floats; logits of 3 tokens.
        assertThat(found.estimatedPeakRamBytes()).isEqualTo(weights + 2 * 2 * (2 * 16) * 128 * 2 + 3 * 4);
    }

    @Test
    void version_2_and_another_alignment_are_taken() throws Exception {
        assertThat(inspect(GgufBytes.tiny().version(2).bytes()).formatVersion()).isEqualTo(2);
        byte[] file = new GgufBytes()
                .alignment(256)
                .text("general.architecture", "llama")
                .tensor("a", F32, new byte[] {1, 2, 3, 4}, 1)
                .tensor("b", F32, new byte[] {5, 6, 7, 8}, 1)
                .bytes();
        List<TensorLocation> located;
        try (BaseFile content = BaseFile.open(write(file))) {
            located = ModelInspector.locateTensors(content);
        }
        assertThat(located).extracting(TensorLocation::name).containsExactly("a", "b");
        assertThat(located.get(1).offset() - located.get(0).offset()).isEqualTo(256);
        assertThat(file[(int) located.get(1).offset()]).isEqualTo((byte) 5);
    }

    @Test
    void other_versions_and_the_other_byte_order_are_refused() {
        refused("unsupported-version", GgufBytes.tiny().version(1).bytes(), "version 1");
        refused("unsupported-version", GgufBytes.tiny().version(4).bytes(), "version 4");
        refused("unsupported-version", GgufBytes.tiny().version(0x03000000).bytes(), "big-endian");
    }

    @Test
    void a_file_that_is_no_model_is_refused() {
        refused("no-graph", new GgufBytes().tensor("a", F32, new byte[4], 1).bytes(), "no architecture");
        refused(
                "no-graph",
                new GgufBytes().text("general.architecture", "llama").bytes(),
                "no tensor");
    }

    @Test
    void a_tensor_type_that_is_gone_or_not_yet_there_is_refused() {
        for (int type : new int[] {4, 5, 31, 38, 40, 1000, -1}) {
            refused(
                    "unsupported-tensor-type",
                    llama().tensor("a", type, new byte[4], 1).bytes(),
                    "element type " + Integer.toUnsignedString(type));
        }
    }

    @Test
    void shapes_that_cannot_be_are_refused() {
        refused("corrupt-model", llama().tensor("a", Q8_0, new byte[34], 31).bytes(), "rows of 31 elements");
        refused("corrupt-model", llama().tensor("a", F32, new byte[4], -1).bytes(), "impossible shape");
        refused(
                "truncated-model",
                llama().tensor("a", F32, new byte[4], Long.MAX_VALUE, 9).bytes(),
                "tensors");
        refused(
                "too-large",
                llama().tensor("a", F32, new byte[4], 1, 1, 1, 1, 1).bytes(),
                "5 dimensions");
    }

    @Test
    void tensors_that_overlap_or_leave_gaps_are_refused() {
        // The first says that it has twice the bytes that it has.
        byte[] file = llama().tensor("a", F32, new byte[32], 64)
                .tensor("b", F32, new byte[32], 8)
                .bytes();
        refused("corrupt-model", file, "the one before it ends at 256");
    }

    @Test
    void one_name_twice_is_refused() {
        refused(
                "corrupt-model",
                llama().tensor("a", F32, new byte[4], 1)
                        .tensor("a", F32, new byte[4], 1)
                        .bytes(),
                "stands twice");
        refused("corrupt-model", GgufBytes.tiny().text("general.name", "x").bytes(), "stands twice");
    }

    @Test
    void alignments_that_are_no_power_of_two_are_refused() {
        refused(
                "corrupt-model",
                llama().number("general.alignment", 0)
                        .tensor("a", F32, new byte[4], 1)
                        .bytes(),
                "0");
        refused(
                "corrupt-model",
                llama().number("general.alignment", 24)
                        .tensor("a", F32, new byte[4], 1)
                        .bytes(),
                "24");
        refused(
                "corrupt-model",
                llama().number("general.alignment", 1 << 30)
                        .tensor("a", F32, new byte[4], 1)
                        .bytes(),
                "alignment");
    }

    @Test
    void counts_and_lengths_that_lie_are_refused() {
        refused("too-large", GgufBytes.tiny().bytes(Long.MAX_VALUE, 8), "tensors");
        refused("too-large", GgufBytes.tiny().bytes(-1, 8), "tensors");
        refused("too-large", GgufBytes.tiny().bytes(4, 1L << 40), "metadata keys");
        byte[] endless = llama().raw(
                        "a", 9, le(12).putInt(8).putLong(Long.MAX_VALUE).array())
                .bytes();
        refused("too-large", endless, "texts in metadata");
        byte[] negative =
                llama().raw("a", 9, le(12).putInt(4).putLong(-5).array()).bytes();
        refused("corrupt-model", negative, "an array");
        byte[] text = llama().raw("a", 8, le(8).putLong(-1).array()).bytes();
        refused("truncated-model", text, "metadata value");
        byte[] nested = llama().raw("a", 9, le(16).putInt(9).putLong(1).array()).bytes();
        refused("corrupt-model", nested, "arrays of arrays");
        refused("corrupt-model", llama().raw("a", 13, new byte[8]).bytes(), "unknown type 13");
    }

    @Test
    void a_file_cut_off_anywhere_is_refused() {
        byte[] whole = GgufBytes.tiny().bytes();
        for (int length = 0; length < whole.length; length++) {
            assertThat(refusal(Arrays.copyOf(whole, length)))
                    .as("cut at %d of %d", length, whole.length)
                    .isNotNull();
        }
    }

    private static GgufBytes llama() {
        return new GgufBytes().text("general.architecture", "llama");
    }

    private void refused(String code, byte[] file, String says) {
        ModelRefused refusal = refusal(file);
        assertThat(refusal).as(says).isNotNull();
        assertThat(refusal.code()).as(refusal.sentence()).isEqualTo(code);
        assertThat(refusal.sentence()).contains(says);
    }

    private ModelRefused refusal(byte[] file) {
        return catchThrowableOfType(ModelRefused.class, () -> inspect(file));
    }

    private Inspection inspect(byte[] file) throws IOException, ModelRefused {
        return ModelInspector.inspect(write(file));
    }

    private Path write(byte[] file) throws IOException {
        return Files.write(folder.resolve("model.gguf"), file);
    }
}
