package io.tinyfleet.registry.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.protocol.delta.Segment;
import io.tinyfleet.registry.OnnxBytes;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TensorAlignmentTest {
    private static final int INT8 = 3;

    @Test
    void tensors_of_the_same_name_belong_together_wherever_they_lie() throws Exception {
        byte[] a = noise(600, 1);
        byte[] b = noise(400, 2);
        byte[] base = onnx(tensor("a", INT8, a, 20, 30), tensor("b", INT8, b, 20, 20));
        byte[] target =
                onnx(tensor("b", INT8, b, 20, 20), tensor("new", INT8, noise(77, 3), 77), tensor("a", INT8, a, 20, 30));
        List<Segment> segments = TensorAlignment.byTensors(file(base), file(target));
        assertThat(segments).hasSize(2);
        for (Segment segment : segments) {
            assertThat(part(target, (int) segment.newOffset(), (int) segment.length()))
                    .isEqualTo(part(base, (int) segment.oldOffset(), (int) segment.length()));
        }
        assertThat(segments).extracting(Segment::rowElements).containsExactly(20L, 30L);
        assertThat(segments).extracting(Segment::elementBytes).containsOnly(1);
    }

    @Test
    void tensors_that_an_exporter_has_named_anew_are_paired_in_order_by_shape() throws Exception {
        byte[] base =
                onnx(tensor("MatMul_1", INT8, noise(600, 1), 20, 30), tensor("MatMul_2", INT8, noise(600, 2), 20, 30));
        byte[] target =
                onnx(tensor("MatMul_7", INT8, noise(600, 3), 20, 30), tensor("MatMul_8", INT8, noise(600, 4), 20, 30));
        List<Segment> segments = TensorAlignment.byTensors(file(base), file(target));
        assertThat(segments).hasSize(2);
        assertThat(segments.get(0).oldOffset()).isLessThan(segments.get(1).oldOffset());
    }

    @Test
    void a_vocabulary_that_has_grown_is_still_the_same_table() throws Exception {
        byte[] base = onnx(tensor("words", INT8, noise(300, 1), 30, 10));
        byte[] target = onnx(tensor("words", INT8, noise(340, 1), 34, 10));
        assertThat(TensorAlignment.byTensors(file(base), file(target)))
                .singleElement()
                .extracting(Segment::length)
                .isEqualTo(300L);
    }

    @Test
    void the_same_name_with_another_type_is_another_tensor() throws Exception {
        byte[] base = onnx(tensor("a", INT8, noise(400, 1), 20, 20));
        byte[] target = onnx(tensor("a", OnnxBytes.FLOAT, noise(800, 1), 10, 20));
        assertThat(TensorAlignment.byTensors(file(base), file(target))).isEmpty();
    }

    @Test
    void tensors_in_the_branches_of_an_if_are_found() throws Exception {
        byte[] inner = tensor("inside", INT8, noise(200, 1), 10, 20);
        byte[] model = onnx(OnnxBytes.node("If", OnnxBytes.body("then_branch", inner)));
        assertThat(TensorAlignment.byTensors(file(model), file(model))).hasSize(1);
    }

    @Test
    void tensors_kept_as_packed_lists_of_floats_are_found() throws Exception {
        byte[] base = onnx(listed("a", noise(800, 1), 10, 20));
        byte[] target = onnx(tensor("new", INT8, noise(77, 3), 77), listed("a", noise(800, 2), 10, 20));
        Segment segment = TensorAlignment.byTensors(file(base), file(target)).get(0);
        assertThat(segment.length()).isEqualTo(800);
        assertThat(segment.elementBytes()).isEqualTo(4);
        assertThat(segment.rowElements()).isEqualTo(20);
        assertThat(part(target, (int) segment.newOffset(), 800)).isEqualTo(noise(800, 2));
    }

    @Test
    void constants_of_nodes_are_told_apart_by_their_node() throws Exception {
        byte[] first = OnnxBytes.node("Constant", OnnxBytes.constant(OnnxBytes.tensor("", INT8, noise(60, 1), 6, 10)));
        byte[] second = OnnxBytes.node("Constant", OnnxBytes.constant(OnnxBytes.tensor("", INT8, noise(80, 2), 8, 10)));
        byte[] model = onnx(first, second);
        List<Segment> segments = TensorAlignment.byTensors(file(model), file(onnx(first, second)));
        assertThat(segments).extracting(Segment::length).containsExactly(60L, 80L);
        assertThat(segments)
                .allSatisfy(segment -> assertThat(segment.oldOffset()).isEqualTo(segment.newOffset()));
    }

    @Test
    void a_file_that_is_no_model_has_no_tensors() throws Exception {
        BaseBytes noise = file(noise(5000, 1));
        assertThat(TensorAlignment.byTensors(noise, noise)).isEmpty();
        assertThat(TensorAlignment.byTensors(file(new byte[0]), file(new byte[0])))
                .isEmpty();
        byte[] model = onnx(tensor("a", INT8, noise(600, 1), 20, 30));
        for (int length = 1; length < model.length; length += 7) {
            BaseBytes cut = file(part(model, 0, length));
            assertThat(TensorAlignment.byTensors(cut, cut)).isEmpty();
        }
    }

    @Test
    void damaged_models_are_read_without_leaving_the_file() throws Exception {
        byte[] model = onnx(tensor("a", INT8, noise(60, 1), 6, 10), tensor("b", OnnxBytes.FLOAT, noise(80, 2), 20));
        Random random = new Random(5);
        for (int i = 0; i < 5000; i++) {
            byte[] damaged = model.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            for (Segment segment : TensorAlignment.byTensors(file(model), file(damaged))) {
                assertThat(segment.newOffset() + segment.length()).isLessThanOrEqualTo(damaged.length);
            }
        }
    }

    @Test
    void without_names_equal_sizes_are_laid_over_each_other() throws Exception {
        assertThat(TensorAlignment.straight(file(new byte[500]), file(noise(500, 1))))
                .containsExactly(Segment.unknown(0, 0, 500));
    }

    @Test
    void without_names_an_insertion_is_found_from_both_ends() throws Exception {
        byte[] base = noise(5000, 1);
        byte[] target = new byte[5003];
        System.arraycopy(base, 0, target, 0, 1000);
        System.arraycopy(base, 1000, target, 1003, 4000);
        assertThat(TensorAlignment.straight(file(base), file(target)))
                .containsExactly(Segment.unknown(0, 0, 1000), Segment.unknown(1000, 1003, 4000));
        assertThat(TensorAlignment.straight(file(new byte[0]), file(target))).isEmpty();
    }

    /** An initializer of a graph. */
    private static byte[] tensor(String name, int type, byte[] raw, long... shape) {
        return OnnxBytes.bytes(5, OnnxBytes.tensor(name, type, raw, shape));
    }

    /** One that keeps its numbers in a packed list instead of raw bytes. */
    private static byte[] listed(String name, byte[] floats, long rows, long columns) {
        return OnnxBytes.bytes(
                5,
                OnnxBytes.join(
                        OnnxBytes.varint(1, rows),
                        OnnxBytes.varint(1, columns),
                        OnnxBytes.varint(2, OnnxBytes.FLOAT),
                        OnnxBytes.bytes(4, floats),
                        OnnxBytes.text(8, name)));
    }

    private static byte[] onnx(byte[]... parts) {
        return OnnxBytes.model(OnnxBytes.join(
                OnnxBytes.node("Add", OnnxBytes.join(OnnxBytes.text(1, "x"), OnnxBytes.text(2, "y"))),
                OnnxBytes.join(parts),
                OnnxBytes.end(11, "x", OnnxBytes.FLOAT, 2),
                OnnxBytes.end(12, "y", OnnxBytes.FLOAT, 2)));
    }

    private static byte[] part(byte[] bytes, int from, int length) {
        return java.util.Arrays.copyOfRange(bytes, from, from + length);
    }

    private static byte[] noise(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static BaseBytes file(byte[] bytes) {
        return new BaseBytes() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void read(long offset, byte[] into, int from, int length) {
                System.arraycopy(bytes, Math.toIntExact(offset), into, from, length);
            }
        };
    }
}
