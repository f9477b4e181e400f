package io.tinyfleet.protocol.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes in comes out, and small. */
class Td1Test {
    private static final int ROWS = 256;
    private static final int COLUMNS = 384;

    @Test
    void retrained_signed_weights_come_back_and_cost_a_quarter_of_their_size() throws Exception {
        assertSmall(0, 0);
    }

    @Test
    void so_do_unsigned_weights_whose_zero_point_has_moved() throws Exception {
        assertSmall(131, 124);
    }

    private static void assertSmall(int oldCentre, int newCentre) throws Exception {
        byte[] base = Models.weights(ROWS, COLUMNS, oldCentre, 1);
        byte[] target = Models.retrained(base, COLUMNS, oldCentre, newCentre, 2);
        byte[] patch = Models.patch(base, target, List.of(new Segment(0, 0, base.length, 1, COLUMNS)));
        assertThat(Models.apply(base, patch, target.length)).isEqualTo(target);
        assertThat(patch.length).isLessThan(base.length / 4);
    }

    /** With one scale, signed weights look much the same with a zero point of 128; their columns tell. */
    @Test
    void zero_points_are_not_mistaken_where_only_columns_tell() throws Exception {
        int width = 384;
        int tensors = 6;
        byte[] base = Models.weights(tensors * width, width, 0, 50);
        byte[] target = base.clone();
        Random random = new Random(1);
        List<Segment> segments = new ArrayList<>();
        List<Part> right = new ArrayList<>();
        for (int tensor = 0; tensor < tensors; tensor++) {
            int from = tensor * width * width;
            double[] scales = random.doubles(width, 0.98, 1.02).toArray();
            for (int i = from; i < from + width * width; i++) {
                double moved = base[i] * scales[i % width] + random.nextGaussian() * 0.15;
                target[i] = (byte) Math.max(-127, Math.min(127, Math.round(moved)));
            }
            segments.add(new Segment(from, from, width * width, 1, width));
            right.add(new Part.Weights(from, width * width, 0, 0, width, 0));
        }
        assertThat(Models.patch(base, target, segments))
                .hasSizeLessThanOrEqualTo(Models.patchWith(base, target, right).length);
    }

    @Test
    void rows_with_scales_of_their_own_are_found_out() throws Exception {
        byte[] columns = Models.weights(COLUMNS, ROWS, 0, 3);
        byte[] moved = Models.retrained(columns, ROWS, 0, 0, 4);
        byte[] base = turned(columns, ROWS);
        byte[] target = turned(moved, ROWS);
        byte[] byRows = Models.patch(base, target, List.of(new Segment(0, 0, base.length, 1, COLUMNS)));
        byte[] asOne = Models.patch(base, target, List.of(new Segment(0, 0, base.length, 1, 0)));
        assertThat(Models.apply(base, byRows, target.length)).isEqualTo(target);
        assertThat(byRows.length).isLessThan(asOne.length);
    }

    @Test
    void any_two_files_make_a_patch_that_is_right() throws Exception {
        byte[] one = Models.noise(70_000, 5);
        byte[] other = Models.noise(91_234, 6);
        byte[] empty = {};
        for (byte[] base : List.of(one, other, empty, new byte[] {7})) {
            for (byte[] target : List.of(one, other, empty, new byte[] {8}, new byte[200_000])) {
                byte[] patch = Models.patch(base, target, List.of());
                assertThat(Models.apply(base, patch, target.length)).isEqualTo(target);
            }
        }
    }

    @Test
    void the_same_file_costs_next_to_nothing() throws Exception {
        byte[] file = Models.noise(500_000, 7);
        for (List<Segment> segments : List.of(
                List.<Segment>of(),
                List.of(Segment.unknown(0, 0, file.length)),
                List.of(new Segment(0, 0, file.length, 1, 1000)),
                List.of(new Segment(0, 0, file.length, 4, 1000)))) {
            byte[] patch = Models.patch(file, file, segments);
            assertThat(Models.apply(file, patch, file.length)).isEqualTo(file);
            assertThat(patch.length).isLessThan(Td1Header.BYTES + 200);
        }
    }

    @Test
    void a_byte_inserted_before_aligned_tensors_costs_a_few_bytes() throws Exception {
        byte[] weights = Models.weights(ROWS, COLUMNS, 0, 8);
        byte[] base = Models.joined(Models.noise(100, 9), weights, Models.noise(50, 10));
        byte[] target = Models.joined(new byte[] {42}, base);
        byte[] patch = Models.patch(base, target, List.of(new Segment(100, 101, weights.length, 1, COLUMNS)));
        assertThat(Models.apply(base, patch, target.length)).isEqualTo(target);
        assertThat(patch.length).isLessThan(Td1Header.BYTES + 200);
    }

    @Test
    void segments_may_come_in_any_order_and_go_back_in_the_base() throws Exception {
        byte[] first = Models.weights(64, 64, 0, 11);
        byte[] second = Models.weights(64, 64, 0, 12);
        byte[] base = Models.joined(first, second);
        byte[] target = Models.joined(second, first, first);
        int half = first.length;
        byte[] patch = Models.patch(
                base,
                target,
                List.of(
                        new Segment(0, 2L * half, half, 1, 64),
                        new Segment(half, 0, half, 1, 64),
                        new Segment(0, half, half, 4, 64)));
        assertThat(Models.apply(base, patch, target.length)).isEqualTo(target);
        assertThat(patch.length).isLessThan(Td1Header.BYTES + 200);
    }

    @Test
    void a_file_is_read_in_place_and_the_header_tells_what_was_made(@TempDir Path folder) throws Exception {
        byte[] old = Models.weights(ROWS, COLUMNS, 0, 13);
        byte[] target = Models.retrained(old, COLUMNS, 0, 0, 14);
        Path base = Files.write(folder.resolve("base"), old);
        byte[] patch = Models.patch(old, target, List.of(Segment.unknown(0, 0, old.length)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BaseFile file = BaseFile.open(base)) {
            Td1Header header = Td1Decoder.decode(file, new ByteArrayInputStream(patch), target.length, out);
            assertThat(header).isEqualTo(new Td1Header(old.length, Digest.of(old), target.length, Digest.of(target)));
        }
        assertThat(out.toByteArray()).isEqualTo(target);
    }

    @Test
    void a_longer_header_of_a_later_writer_is_read() throws Exception {
        byte[] base = Models.noise(1000, 15);
        byte[] longer = Models.withLongerHeader(Models.patch(base, base, List.of()));
        assertThat(Models.apply(base, longer, base.length)).isEqualTo(base);
    }

    @Test
    void segments_that_overlap_or_lie_outside_are_refused_by_the_encoder() {
        byte[] file = new byte[100];
        for (List<Segment> segments : List.of(
                List.of(Segment.unknown(0, 0, 60), Segment.unknown(0, 59, 10)),
                List.of(Segment.unknown(0, 90, 11)),
                List.of(Segment.unknown(90, 0, 11)),
                List.of(Segment.unknown(Long.MAX_VALUE - 5, 0, 10)))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Models.patch(file, file, segments));
        }
    }

    private static byte[] turned(byte[] matrix, int columns) {
        int rows = matrix.length / columns;
        byte[] turned = new byte[matrix.length];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                turned[column * rows + row] = matrix[row * columns + column];
            }
        }
        return turned;
    }
}
