package io.tinyfleet.registry.inspect;

import static io.tinyfleet.registry.OnnxBytes.FLOAT;
import static io.tinyfleet.registry.OnnxBytes.INT64;
import static io.tinyfleet.registry.OnnxBytes.addGraph;
import static io.tinyfleet.registry.OnnxBytes.addModel;
import static io.tinyfleet.registry.OnnxBytes.body;
import static io.tinyfleet.registry.OnnxBytes.bytes;
import static io.tinyfleet.registry.OnnxBytes.constant;
import static io.tinyfleet.registry.OnnxBytes.end;
import static io.tinyfleet.registry.OnnxBytes.floats;
import static io.tinyfleet.registry.OnnxBytes.initializer;
import static io.tinyfleet.registry.OnnxBytes.join;
import static io.tinyfleet.registry.OnnxBytes.model;
import static io.tinyfleet.registry.OnnxBytes.node;
import static io.tinyfleet.registry.OnnxBytes.opset;
import static io.tinyfleet.registry.OnnxBytes.tensor;
import static io.tinyfleet.registry.OnnxBytes.text;
import static io.tinyfleet.registry.OnnxBytes.varint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.registry.RealModels;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.FileBlobStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {
    private static final byte[] NOTHING = {};

    @TempDir
    Path folder;

    // ---- what is read

    @Test
    void a_model_tells_its_ends_operators_and_weights() throws Exception {
        Inspection inspection = inspect(addModel());
        assertThat(inspection.format()).isEqualTo(ModelFormat.ONNX);
        assertThat(inspection.inputs()).containsExactly(new TensorShape("x", ElementType.FLOAT32, List.of(2L)));
        assertThat(inspection.outputs()).containsExactly(new TensorShape("y", ElementType.FLOAT32, List.of(2L)));
        assertThat(inspection.operators()).isEqualTo(Map.of("Add", 1));
        assertThat(inspection.opset()).isEqualTo(17);
        assertThat(inspection.producer()).isEqualTo("tinyfleet-test 1.0");
        assertThat(inspection.parameterBytes()).isEqualTo(8);
    }

    @Test
    void a_blob_is_inspected_as_a_file_is() throws Exception {
        FileBlobStore store = new FileBlobStore(folder);
        BlobHandle blob = store.find(
                        store.put(new ByteArrayInputStream(addModel()), 10_000).digest())
                .orElseThrow();
        assertThat(ModelInspector.inspect(blob)).isEqualTo(inspect(addModel()));
    }

    @Test
    void an_input_with_a_stored_value_need_not_be_given_wherever_it_stands() throws Exception {
        byte[] after = model(join(addGraph(), end(11, "w", FLOAT, 2)));
        byte[] before = model(join(end(11, "w", FLOAT, 2), addGraph()));
        assertThat(inspect(after).inputs()).extracting(TensorShape::name).containsExactly("x");
        assertThat(inspect(before).inputs()).extracting(TensorShape::name).containsExactly("x");
    }

    @Test
    void free_dimensions_are_minus_one() throws Exception {
        byte[] graph = join(
                node("Identity", join(text(1, "x"), text(2, "y"))),
                end(11, "x", INT64, -1, 0, 3, -2),
                end(12, "y", INT64));
        assertThat(inspect(model(graph)).inputs().get(0).shape()).containsExactly(-1L, -1L, 3L, -1L);
        assertThat(inspect(model(graph)).outputs().get(0).shape()).isEmpty();
        assertThat(inspect(model(graph)).inputs().get(0).toSpec().getShapeList())
                .containsExactly(-1L, -1L, 3L, -1L);
    }

    @Test
    void bodies_of_control_flow_are_counted_but_their_ends_are_not_the_models() throws Exception {
        byte[] inner = join(
                node("Constant", constant(tensor("", FLOAT, floats(1f, 2f, 3f), 3))),
                node("Mul", NOTHING),
                end(11, "inner", FLOAT, 1),
                end(12, "innerOut", FLOAT, 1),
                initializer("innerWeight", floats(1f), 1));
        byte[] graph = join(addGraph(), node("If", join(body("then_branch", inner), body("else_branch", inner))));
        Inspection inspection = inspect(model(graph));
        assertThat(inspection.operators()).isEqualTo(Map.of("Add", 1, "If", 1, "Constant", 2, "Mul", 2));
        assertThat(inspection.inputs()).hasSize(1);
        assertThat(inspection.outputs()).hasSize(1);
        assertThat(inspection.parameterBytes()).isEqualTo(8 + 2 * (12 + 4));
    }

    @Test
    void a_weight_inside_a_body_does_not_hide_an_input_of_the_same_name() throws Exception {
        byte[] inner = initializer("x", floats(1f), 1);
        byte[] graph = join(addGraph(), node("If", body("then_branch", inner)));
        assertThat(inspect(model(graph)).inputs()).extracting(TensorShape::name).containsExactly("x");
    }

    @Test
    void operators_and_operator_sets_of_other_domains_keep_their_domain() throws Exception {
        byte[] graph = join(addGraph(), node("MatMulNBits", text(7, "com.microsoft")), node("Add", text(7, "ai.onnx")));
        Inspection inspection = inspect(join(model(graph), opset("com.microsoft", 1)));
        assertThat(inspection.operators()).isEqualTo(Map.of("Add", 2, "com.microsoft:MatMulNBits", 1));
        assertThat(inspection.opsets()).isEqualTo(Map.of("ai.onnx", 17, "com.microsoft", 1));
    }

    @Test
    void operators_inside_model_functions_are_counted() throws Exception {
        byte[] function = bytes(25, join(text(1, "f"), bytes(7, text(4, "Tanh"))));
        assertThat(inspect(join(addModel(), function)).operators()).containsEntry("Tanh", 1);
    }

    @Test
    void packed_shapes_and_numbers_instead_of_raw_bytes_are_understood() throws Exception {
        byte[] packed = join(bytes(1, new byte[] {2, 3}), varint(2, FLOAT), text(8, "p"), bytes(4, new byte[24]));
        assertThat(inspect(model(join(addGraph(), bytes(5, packed)))).parameterBytes())
                .isEqualTo(8 + 24);
    }

    @Test
    void four_bit_weights_take_half_a_byte() throws Exception {
        byte[] int4 = tensor("q", 22, new byte[3], 5);
        assertThat(inspect(model(join(addGraph(), bytes(5, int4)))).parameterBytes())
                .isEqualTo(8 + 3);
    }

    @Test
    void fields_from_the_future_are_passed_over() throws Exception {
        byte[] future =
                join(addModel(), bytes(900, new byte[10]), varint(901, 7), new byte[] {(byte) 0xFD, 0x3F, 1, 2, 3, 4});
        assertThat(inspect(future)).isEqualTo(inspect(addModel()));
    }

    // ---- what is refused

    @Test
    void a_file_of_another_kind_is_no_model() {
        for (byte[] other : List.of(
                utf8("This is a text file about models.\n"),
                utf8("<!DOCTYPE html><html><body>404</body></html>"),
                utf8("{\"model\": \"silero\"}"),
                utf8("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"),
                new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'},
                new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0},
                new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe0},
                new byte[1000])) {
            assertRefused("unknown-format", other, "Upload an .onnx, .tflite or .gguf file");
        }
        assertRefused("unknown-format", NOTHING, "empty");
    }

    @Test
    void random_bytes_are_refused_and_never_a_crash() throws Exception {
        Random random = new Random(42);
        for (int i = 0; i < 300; i++) {
            byte[] noise = new byte[random.nextInt(400)];
            random.nextBytes(noise);
            assertThat(refusal(noise)).isNotNull();
        }
    }

    @Test
    void a_model_cut_off_at_any_byte_is_refused() throws Exception {
        byte[] whole = addModel();
        int graphEnd = whole.length - opset("", 17).length;
        for (int length = 1; length < whole.length; length++) {
            ModelRefused refusal = refusal(Arrays.copyOf(whole, length));
            assertThat(refusal).as("cut at %d", length).isNotNull();
            if (length > 40 && length < graphEnd) {
                assertThat(refusal.code()).as("cut at %d", length).isEqualTo("truncated-model");
                assertThat(refusal.sentence())
                        .contains("file ends at " + length)
                        .contains("Upload the whole file again");
            }
        }
        assertRefused("corrupt-model", Arrays.copyOf(whole, graphEnd), "no operator set");
    }

    @Test
    void a_model_with_any_bit_flipped_is_read_or_refused_but_never_a_crash() throws Exception {
        byte[] whole = model(join(addGraph(), node("If", body("then_branch", addGraph()))));
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            ModelRefused refusal = refusal(flipped);
            if (refusal != null) {
                assertThat(refusal.sentence()).isNotBlank();
            }
        }
    }

    @Test
    void a_weight_with_more_or_fewer_bytes_than_its_shape_is_corrupt() {
        for (int bytes : new int[] {0, 7, 9}) {
            byte[] graph = join(addGraph(), initializer("bad", new byte[bytes], 2));
            assertRefused(
                    "corrupt-model", model(graph), "tensor \"bad\" has " + bytes + " bytes where its shape needs 8");
        }
    }

    @Test
    void a_weight_of_an_impossible_shape_or_type_is_corrupt() {
        byte[] endless = join(addGraph(), initializer("bad", new byte[8], Long.MAX_VALUE, 16));
        byte[] largest = join(addGraph(), initializer("bad", new byte[8], Long.MAX_VALUE));
        byte[] negative = join(addGraph(), initializer("bad", new byte[8], -2));
        byte[] unknownType = join(addGraph(), bytes(5, tensor("bad", 99, new byte[8], 2)));
        for (byte[] graph : List.of(endless, largest, negative, unknownType)) {
            assertRefused("corrupt-model", model(graph), "at byte ");
        }
    }

    @Test
    void a_part_longer_than_what_is_around_it_is_corrupt() {
        // A node that claims 50 bytes inside a graph of 8, with enough file behind it.
        byte[] graph = join(new byte[] {0x0a, 50}, new byte[6]);
        byte[] file = join(model(graph), bytes(6, new byte[100]));
        assertRefused("corrupt-model", file, "a part of 50 bytes in a message that has 6 left");
    }

    @Test
    void a_length_over_two_gigabytes_is_corrupt() {
        byte[] file = join(varint(1, 8), new byte[] {0x3a, -1, -1, -1, -1, 0x0f}, new byte[10]);
        assertRefused("corrupt-model", file, "a length of 4294967295 bytes");
    }

    @Test
    void a_model_without_graph_inputs_or_outputs_is_refused_by_its_own_code() {
        assertRefused("no-graph", join(varint(1, 8), text(2, "writer"), opset("", 17)), "without a graph");
        byte[] node = node("Constant", constant(tensor("", FLOAT, floats(1f), 1)));
        assertRefused("no-inputs", model(join(node, end(12, "y", FLOAT, 1))), "takes no input");
        assertRefused(
                "no-inputs",
                model(join(initializer("w", floats(1f), 1), end(11, "w", FLOAT, 1), end(12, "y", FLOAT, 1))),
                "takes no input");
        assertRefused("no-outputs", model(join(node, end(11, "x", FLOAT, 1))), "no output");
    }

    @Test
    void a_second_graph_is_corrupt() {
        assertRefused("corrupt-model", join(addModel(), bytes(7, addGraph())), "a second graph");
    }

    @Test
    void an_input_that_is_no_tensor_is_refused() {
        byte[] sequence = bytes(11, join(text(1, "seq"), bytes(2, bytes(4, NOTHING))));
        assertRefused("unsupported-input", model(join(addGraph(), sequence)), "\"seq\"");
        assertRefused("unsupported-input", model(join(addGraph(), end(11, "c", 14, 2))), "\"c\"");
    }

    @Test
    void weights_in_another_file_are_refused_with_what_to_do() {
        byte[] location = bytes(13, join(text(1, "location"), text(2, "../../etc/passwd")));
        byte[] byEntry = join(varint(1, 2), varint(2, FLOAT), text(8, "far"), location);
        byte[] byMark = join(varint(1, 2), varint(2, FLOAT), text(8, "far"), varint(14, 1));
        for (byte[] tensor : List.of(byEntry, byMark)) {
            assertRefused(
                    "external-data-unsupported",
                    model(join(addGraph(), bytes(5, tensor))),
                    "save_as_external_data=False");
        }
        byte[] inBody = join(addGraph(), node("If", body("then_branch", bytes(5, byMark))));
        assertRefused("external-data-unsupported", model(inBody), "\"far\"");
    }

    @Test
    void graphs_nested_too_deep_are_too_large() {
        assertRefused("too-large", model(nested(OnnxWalk.MAX_DEPTH + 1)), "nested more than 16 deep");
        assertThat(refusal(model(join(addGraph(), nested(OnnxWalk.MAX_DEPTH - 1)))))
                .isNull();
    }

    @Test
    void a_file_nested_a_thousand_deep_does_not_exhaust_the_stack() {
        assertRefused("too-large", model(nested(1000)), "nested");
    }

    @Test
    void endless_names_ends_and_dimensions_are_too_large() {
        byte[] name = node("N".repeat(OnnxWalk.MAX_NAME_BYTES + 1), NOTHING);
        assertRefused("too-large", model(join(addGraph(), name)), "at most 1024 are taken");
        byte[] inputs = addGraph();
        for (int i = 0; i < OnnxWalk.MAX_GRAPH_ENDS; i++) {
            inputs = join(inputs, end(11, "x" + i, FLOAT, 1));
        }
        assertRefused("too-large", model(inputs), "more than 256 inputs");
        byte[] dimensions = end(11, "d", FLOAT, new long[OnnxWalk.MAX_DIMENSIONS + 1]);
        assertRefused("too-large", model(join(addGraph(), dimensions)), "more than 32 dimensions");
        long[] ones = new long[OnnxWalk.MAX_DIMENSIONS + 1];
        Arrays.fill(ones, 1);
        byte[] weight = initializer("d", floats(1f), ones);
        assertRefused("too-large", model(join(addGraph(), weight)), "more than 32 dimensions");
    }

    @Test
    void endless_kinds_of_operators_are_too_large() {
        byte[][] nodes = new byte[OnnxWalk.MAX_OPERATOR_KINDS + 1][];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = node("Op" + i, NOTHING);
        }
        assertRefused("too-large", model(join(addGraph(), join(nodes))), "more than 2000 kinds of operators");
    }

    @Test
    void a_file_over_two_gigabytes_is_too_large_before_it_is_read() throws Exception {
        Path sparse = sparse("huge.onnx", NOTHING, 1L << 31);
        ModelRefused refusal = catchThrowableOfType(ModelRefused.class, () -> ModelInspector.inspect(sparse));
        assertThat(refusal.code()).isEqualTo("too-large");
    }

    @Test
    void a_large_model_is_walked_over_in_constant_memory() throws Exception {
        int weights = 400_000_000;
        byte[] tensorHead =
                join(varint(1, weights / 4), varint(2, FLOAT), text(8, "big"), new byte[] {0x4a}, raw(weights));
        byte[] rest = addGraph();
        byte[] file = join(
                varint(1, 8),
                opset("", 17),
                new byte[] {0x3a},
                raw(rest.length + 1 + raw(tensorHead.length + weights).length + tensorHead.length + weights),
                rest,
                new byte[] {0x2a},
                raw(tensorHead.length + weights),
                tensorHead);
        Path sparse = sparse("large.onnx", file, file.length + (long) weights);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Inspection inspection = ModelInspector.inspect(sparse);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(inspection.parameterBytes()).isEqualTo(weights + 8L);
        assertThat(allocated).isLessThan(2_000_000);
    }

    // ---- real models

    @Test
    void the_real_models_are_understood() throws Exception {
        for (Path file : List.of(RealModels.sileroV5(), RealModels.sileroV6())) {
            Inspection inspection = ModelInspector.inspect(file);
            assertThat(inspection.inputs())
                    .extracting(TensorShape::name, TensorShape::type)
                    .containsExactlyInAnyOrder(
                            org.assertj.core.api.Assertions.tuple("input", ElementType.FLOAT32),
                            org.assertj.core.api.Assertions.tuple("state", ElementType.FLOAT32),
                            org.assertj.core.api.Assertions.tuple("sr", ElementType.INT64));
            assertThat(inspection.outputs()).extracting(TensorShape::name).containsExactly("output", "stateN");
            assertThat(inspection.opset()).isEqualTo(16);
            assertThat(inspection.operators()).containsKeys("If", "Conv", "LSTM", "Sigmoid");
            assertThat(inspection.parameterBytes()).isBetween(2_000_000L, 2_327_524L);
        }
    }

    @Test
    void a_real_model_cut_off_anywhere_is_refused() throws Exception {
        byte[] whole = Files.readAllBytes(RealModels.sileroV5());
        for (int tenth = 0; tenth < 100; tenth++) {
            int length = (int) ((long) whole.length * tenth / 100);
            assertThat(refusal(Arrays.copyOf(whole, length)))
                    .as("cut at %d", length)
                    .isNotNull();
        }
        assertThat(refusal(Arrays.copyOf(whole, whole.length / 2)).code()).isEqualTo("truncated-model");
    }

    private static byte[] nested(int depth) {
        byte[] graph = node("Mul", NOTHING);
        for (int i = 0; i < depth; i++) {
            graph = node("If", body("then_branch", graph));
        }
        return graph;
    }

    private void assertRefused(String code, byte[] file, String says) {
        ModelRefused refusal = refusal(file);
        assertThat(refusal).as(says).isNotNull();
        assertThat(refusal.code()).as(refusal.sentence()).isEqualTo(code);
        assertThat(refusal.sentence()).contains(says);
    }

    private ModelRefused refusal(byte[] file) {
        return catchThrowableOfType(ModelRefused.class, () -> inspect(file));
    }

    private Inspection inspect(byte[] file) throws IOException, ModelRefused {
        return ModelInspector.inspect(Files.write(folder.resolve("model.onnx"), file));
    }

    private Path sparse(String name, byte[] head, long size) throws IOException {
        Path file = Files.write(folder.resolve(name), head);
        try (RandomAccessFile tail = new RandomAccessFile(file.toFile(), "rw")) {
            tail.setLength(size);
        }
        return file;
    }

    private static byte[] raw(long value) {
        return io.tinyfleet.registry.OnnxBytes.raw(value);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
