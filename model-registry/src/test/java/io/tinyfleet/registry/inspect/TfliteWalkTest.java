package io.tinyfleet.registry.inspect;

import static io.tinyfleet.registry.TfliteBytes.FLOAT32;
import static io.tinyfleet.registry.TfliteBytes.INT8;
import static io.tinyfleet.registry.TfliteBytes.RELU;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.protocol.delta.BaseFile;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.TfliteBytes;
import io.tinyfleet.registry.TfliteBytes.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfliteWalkTest {
    @TempDir
    Path folder;

    @Test
    void a_quantized_layer_is_told_as_it_is() throws Exception {
        Inspection found = inspect(TfliteBytes.int8Layer().bytes());

        assertThat(found.format()).isEqualTo(ModelFormat.TFLITE);
        assertThat(found.formatVersion()).isEqualTo(3);
        assertThat(found.inputs()).singleElement().satisfies(input -> {
            assertThat(input.name()).isEqualTo("x");
            assertThat(input.type()).isEqualTo(ElementType.INT8);
            assertThat(input.shape()).containsExactly(1L, 4L);
            assertThat(input.quantization().orElseThrow().scale(0)).isEqualTo(0.5f);
        });
        assertThat(found.outputs()).extracting(TensorShape::name).containsExactly("y");
        assertThat(found.operators()).containsOnlyKeys("FULLY_CONNECTED");
        assertThat(found.weights().bytesByType()).containsEntry("int8", 8L).containsEntry("int32", 8L);
        assertThat(found.parameterBytes()).isEqualTo(16);
        assertThat(found.producer()).isEqualTo("tests");
        // The stored tensors twice, and x and y that are alive at the one operator.
        assertThat(found.estimatedPeakRamBytes()).isEqualTo(2 * 16 + 4 + 2);
    }

    @Test
    void a_tensor_that_is_needed_no_more_takes_no_room() throws Exception {
        TfliteBytes chain = new TfliteBytes().kind(RELU);
        for (int i = 0; i < 5; i++) {
            chain.tensor(Tensor.computed("t" + i, FLOAT32, 250));
        }
        for (int i = 0; i < 4; i++) {
            chain.operator(0, new int[] {i}, i + 1);
        }

        // At any operator one is read and one is written.
        assertThat(inspect(chain.ends(new int[] {0}, 4).bytes()).estimatedPeakRamBytes())
                .isEqualTo(2000);
    }

    @Test
    void tensors_are_where_they_are_said_to_be() throws Exception {
        byte[] file = TfliteBytes.int8Layer().bytes();
        Path path = Files.write(folder.resolve("m.tflite"), file);

        List<TensorLocation> located;
        try (BaseFile content = BaseFile.open(path)) {
            located = ModelInspector.locateTensors(content);
        }

        assertThat(located).extracting(TensorLocation::name).containsExactly("w", "b");
        TensorLocation weights = located.get(0);
        assertThat(Arrays.copyOfRange(file, (int) weights.offset(), (int) (weights.offset() + weights.length())))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, -8);
    }

    @Test
    void another_schema_version_is_refused() {
        refused("unsupported-version", TfliteBytes.int8Layer().version(2), "schema version 2");
    }

    @Test
    void a_model_without_a_graph_is_refused() {
        refused("no-graph", TfliteBytes.int8Layer().withoutGraph(), "without a graph");
    }

    @Test
    void a_graph_without_ends_is_refused() {
        refused("no-inputs", TfliteBytes.int8Layer().ends(new int[0], 3), "takes no input");
        refused("no-outputs", TfliteBytes.int8Layer().ends(new int[] {0}), "no output");
    }

    @Test
    void an_operator_that_no_device_has_is_refused() {
        refused("unsupported-operator", relu().kind(9999).operator(1, new int[] {0}, 1), "number 9999");
        refused("unsupported-operator", relu().custom("FlexErf").operator(1, new int[] {0}, 1), "\"FlexErf\"");
    }

    @Test
    void a_custom_operator_that_is_only_listed_or_that_xnnpack_has_is_taken() throws Exception {
        inspect(relu().custom("FlexErf").bytes());
        inspect(relu().custom("Convolution2DTransposeBias")
                .operator(1, new int[] {0}, 1)
                .bytes());
    }

    @Test
    void an_element_type_that_is_unknown_is_refused() {
        refused(
                "unsupported-tensor-type",
                relu().replace(0, Tensor.computed("x", 99, 4)),
                "\"x\" has the element type 99");
        // A resource handle: TFLite knows it, nobody can feed it.
        refused("unsupported-input", relu().replace(0, Tensor.computed("x", 13, 1)), "cannot feed");
    }

    @Test
    void values_that_do_not_fit_the_shape_are_refused() {
        refused(
                "corrupt-model",
                TfliteBytes.int8Layer().replace(1, Tensor.stored("w", INT8, new byte[7], 2, 4)),
                "\"w\" has 7 bytes where its shape needs 8");
    }

    @Test
    void impossible_scales_are_refused() {
        Tensor x = Tensor.computed("x", INT8, 1, 4);
        refused(
                "corrupt-model",
                TfliteBytes.int8Layer().replace(0, x.quantized(new float[] {Float.NaN}, new long[] {0}, 0)),
                "a scale of NaN");
        refused(
                "corrupt-model",
                TfliteBytes.int8Layer().replace(0, x.quantized(new float[] {-1}, new long[] {0}, 0)),
                "a scale of -1.0");
        refused(
                "corrupt-model",
                TfliteBytes.int8Layer().replace(0, x.quantized(new float[] {1, 1}, new long[] {0, 0}, 2)),
                "along dimension 2 of 2");
        refused(
                "corrupt-model",
                TfliteBytes.int8Layer().replace(0, x.quantized(new float[] {1, 1, 1}, new long[] {0, 0}, 0)),
                "3 scales and 2 zero points");
    }

    @Test
    void indexes_outside_the_lists_are_refused() {
        refused("corrupt-model", relu().operator(7, new int[] {0}, 1), "kind 7 of 1");
        refused("corrupt-model", relu().operator(0, new int[] {2}, 1), "tensor 2 of 2");
        refused("corrupt-model", relu().operator(0, new int[] {-2}, 1), "tensor -2 of 2");
        refused("corrupt-model", relu().ends(new int[] {5}, 1), "tensor 5 of 2");
    }

    @Test
    void a_file_cut_off_anywhere_is_refused_or_as_good_as_whole() throws Exception {
        byte[] whole = TfliteBytes.int8Layer().bytes();
        int taken = 0;
        for (int length = 0; length < whole.length; length++) {
            if (refusal(Arrays.copyOf(whole, length)) == null) {
                taken++;
            }
        }
        // Nothing but padding may be missing.
        assertThat(taken).isLessThan(8);
    }

    @Test
    void a_million_tensors_that_are_one_are_too_large() {
        byte[] file = TfliteBytes.int8Layer().bytes();
        // The count in front of the list of tensors: the largest the file cannot hold.
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int changed = 0;
        for (int at = 0; at + 4 <= file.length; at += 4) {
            if (buffer.getInt(at) == 4) {
                byte[] lie = file.clone();
                ByteBuffer.wrap(lie).order(ByteOrder.LITTLE_ENDIAN).putInt(at, 0x7fff_ffff);
                ModelRefused refusal = refusal(lie);
                changed += refusal == null ? 0 : 1;
            }
        }
        assertThat(changed).isPositive();
    }

    private static TfliteBytes relu() {
        return new TfliteBytes()
                .kind(RELU)
                .tensor(Tensor.computed("x", FLOAT32, 4))
                .tensor(Tensor.computed("y", FLOAT32, 4))
                .operator(0, new int[] {0}, 1)
                .ends(new int[] {0}, 1);
    }

    private void refused(String code, TfliteBytes model, String says) {
        ModelRefused refusal = refusal(model.bytes());
        assertThat(refusal).as(says).isNotNull();
        assertThat(refusal.code()).as(refusal.sentence()).isEqualTo(code);
        assertThat(refusal.sentence()).contains(says);
    }

    private ModelRefused refusal(byte[] file) {
        return catchThrowableOfType(ModelRefused.class, () -> inspect(file));
    }

    private Inspection inspect(byte[] file) throws IOException, ModelRefused {
        return ModelInspector.inspect(Files.write(folder.resolve("model.tflite"), file));
    }
}
