package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.serve.ClassesReader.Classes;
import io.tinyfleet.agent.serve.ClassesReader.Ranked;
import io.tinyfleet.agent.telemetry.Agreed;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AgreementsTest {

    private static final double NAN = Double.NaN;

    // ---- classes

    private static Classes classes(int of, List<String> labels, int... best) {
        List<Ranked> top =
                Arrays.stream(best).mapToObj(index -> new Ranked(index, 0.5)).toList();
        return new Classes(0.5, true, top, labels, of);
    }

    private static List<Agreed> of(SlotPipeline.Result a, SlotPipeline.Result b) throws Exception {
        return Agreements.of(a, b);
    }

    @Test
    void classes_agree_by_label_and_by_what_both_name_among_their_best() throws Exception {
        List<Agreed> agreed = of(classes(10, List.of(), 3, 1, 4), classes(10, List.of(), 1, 3, 5));

        assertThat(agreed)
                .containsExactly(
                        new Agreed(AgreementMeasure.LABEL, 0, 1), new Agreed(AgreementMeasure.TOP_K, 2 / 3.0, 0.6));
    }

    @Test
    void the_smaller_k_counts() {
        assertThat(Agreements.topK(List.of("a", "b", "c"), List.of("a"))).isEqualTo(1);
        assertThat(Agreements.topK(List.of("a", "b", "c"), List.of("c"))).isZero();
        assertThat(Agreements.topK(List.of(), List.of())).isEqualTo(1);
        assertThat(Agreements.topK(List.of("a"), List.of())).isZero();
    }

    @Test
    void names_count_and_not_places_where_both_have_names() throws Exception {
        Classes a = classes(2, List.of("cat", "dog"), 0);
        Classes b = classes(3, List.of("bird", "dog", "cat"), 2);

        assertThat(of(a, b).get(0).agreement()).isEqualTo(1);
    }

    @Test
    void another_number_of_nameless_classes_cannot_be_compared() {
        assertThatThrownBy(() -> of(classes(10, List.of(), 1), classes(11, List.of(), 1)))
                .isInstanceOf(Agreements.NotComparableException.class)
                .hasMessageContaining("10 classes and the other 11");
    }

    @Test
    void answers_of_another_kind_cannot_be_compared() {
        assertThatThrownBy(() -> of(new Score(0.5, true), classes(2, List.of(), 1)))
                .isInstanceOf(Agreements.NotComparableException.class)
                .hasMessage("one answers with score, the other with classes");
    }

    // ---- boxes

    private static Box box(int label, double x, double y, double side) {
        return new Box(0.9, label, x, y, side, side, new double[0]);
    }

    private static double boxes(List<Box> a, List<Box> b) {
        return Agreements.boxes(a, List.of(), b, List.of());
    }

    @Test
    void no_box_agrees_with_no_box_and_with_nothing_else() {
        assertThat(boxes(List.of(), List.of())).isEqualTo(1);
        assertThat(boxes(List.of(box(0, 0, 0, 1)), List.of())).isZero();
        assertThat(boxes(List.of(), List.of(box(0, 0, 0, 1)))).isZero();
    }

    @Test
    void boxes_are_matched_one_to_one() {
        Box one = box(0, 0, 0, 1);
        assertThat(boxes(List.of(one), List.of(one))).isEqualTo(1);
        assertThat(boxes(List.of(one), List.of(one, one)))
                .as("the second finds nobody: 2 * 1 / 3")
                .isCloseTo(2 / 3.0, within(1e-12));
    }

    @Test
    void the_best_overlap_is_matched_first() {
        // a1 overlaps b1 by 0.9/1.1 and b2 by 0.6/1.4 (under the limit); a2 overlaps b1 by 0.7/1.3.
        List<Box> a = List.of(box(0, 0.3, 0, 1), box(0, 0.0, 0, 1));
        List<Box> b = List.of(box(0, 0.1, 0, 1), box(0, 0.5, 0, 1));

        assertThat(boxes(a, b)).as("both find one").isEqualTo(1);
    }

    @Test
    void boxes_that_overlap_too_little_or_say_something_else_do_not_agree() {
        Box one = box(0, 0, 0, 1);
        assertThat(boxes(List.of(one), List.of(box(0, 1 / 3.0, 0, 1))))
                .as("overlap 2/3 over 4/3 is one half: just enough")
                .isEqualTo(1);
        assertThat(boxes(List.of(one), List.of(box(0, 0.34, 0, 1)))).isZero();
        assertThat(boxes(List.of(one), List.of(box(1, 0, 0, 1)))).isZero();
        assertThat(boxes(List.of(box(0, 0, 0, 0)), List.of(box(0, 0, 0, 0))))
                .as("without an area")
                .isZero();
    }

    // ---- scores

    @Test
    void scores_agree_within_a_tolerance_and_by_their_side_of_the_threshold() throws Exception {
        assertThat(of(new Score(0.49, false), new Score(0.51, true)))
                .extracting(Agreed::measure, Agreed::agreement)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(AgreementMeasure.LABEL, 0.0),
                        org.assertj.core.groups.Tuple.tuple(AgreementMeasure.NUMERIC_TOLERANCE, 1.0));
        assertThat(of(new Score(0.6, true), new Score(0.9, true)))
                .extracting(Agreed::agreement)
                .containsExactly(1.0, 0.0);
    }

    @Test
    void what_is_not_a_number_never_agrees() throws Exception {
        assertThat(of(new Score(NAN, false), new Score(NAN, false)))
                .extracting(Agreed::agreement)
                .containsExactly(0.0, 0.0);
    }

    // ---- numbers

    @Test
    void the_share_of_numbers_within_their_tolerance() {
        Agreements.Tolerance tolerance = new Agreements.Tolerance(0.1, 0.01);
        double[] a = {0, 100, 1, NAN, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
        double[] b = {0.1, 101, 1.2, NAN, Double.POSITIVE_INFINITY, 5};

        assertThat(Agreements.tolerance(a, b, tolerance)).isEqualTo(3 / 6.0);
        assertThat(Agreements.tolerance(new double[0], new double[0], tolerance))
                .isEqualTo(1);
    }

    @Test
    void the_cosine_of_the_angle_between_two_answers() {
        assertThat(Agreements.cosine(new double[] {1, 2, 3}, new double[] {4, 5, 6}))
                .as("32 / sqrt(14 * 77)")
                .isCloseTo(0.974631846197, within(1e-12));
        assertThat(Agreements.cosine(new double[] {1, 0}, new double[] {0, 1})).isZero();
        assertThat(Agreements.cosine(new double[] {1, 0}, new double[] {-1, 0}))
                .as("opposite directions are cut to 0")
                .isZero();
        assertThat(Agreements.cosine(new double[] {1e200, 2e200}, new double[] {1e-200, 2e-200}))
                .as("without overflow")
                .isCloseTo(1, within(1e-12));
    }

    @Test
    void zeros_agree_with_zeros_alone() {
        assertThat(Agreements.cosine(new double[] {0, 0}, new double[] {0, 0})).isEqualTo(1);
        assertThat(Agreements.cosine(new double[0], new double[0])).isEqualTo(1);
        assertThat(Agreements.cosine(new double[] {0, 0}, new double[] {0, 1})).isZero();
        assertThat(Agreements.cosine(new double[] {NAN, 1}, new double[] {NAN, 1}))
                .isZero();
        assertThat(Agreements.cosine(new double[] {NAN, 1}, new double[] {0, 0}))
                .isZero();
        assertThat(Agreements.cosine(new double[] {Double.POSITIVE_INFINITY}, new double[] {Double.POSITIVE_INFINITY}))
                .isZero();
    }

    // ---- tensors

    @Test
    void the_worst_output_s_angle_and_the_share_of_all_numbers() throws Exception {
        List<Tensor> a = List.of(Models.floats("x", 1, 0), Models.floats("y", 1, 1));
        List<Tensor> b = List.of(Models.floats("y", 1, 1), Models.floats("x", 1, 1));

        List<Agreed> agreed = Agreements.ofTensors(a, b);

        assertThat(agreed.get(0).agreement()).isCloseTo(Math.sqrt(0.5), within(1e-7));
        assertThat(agreed.get(1).agreement()).isEqualTo(0.75);
    }

    @Test
    void other_outputs_shapes_or_types_cannot_be_compared() {
        Tensor one = Models.floats("x", 1, 2);
        List<Tensor> others = List.of(
                Models.floats("y", 1, 2), Models.floats("x", 1, 2, 3), Tensor.zeros("x", ElementType.INT8, 1, 2));
        for (Tensor other : others) {
            assertThatThrownBy(() -> Agreements.ofTensors(List.of(one), List.of(other)))
                    .as(other.toString())
                    .isInstanceOf(Agreements.NotComparableException.class);
        }
    }

    @Test
    void every_kind_of_number_is_read() throws Exception {
        for (ElementType type : ElementType.values()) {
            if (type == ElementType.UNRECOGNIZED
                    || type == ElementType.STRING
                    || type == ElementType.ELEMENT_TYPE_UNSPECIFIED) {
                continue;
            }
            Tensor zeros = Tensor.zeros("x", type, 3);
            assertThat(Agreements.numbers(zeros)).as(type.name()).containsExactly(0, 0, 0);
        }
    }

    @Test
    void halves_are_read_as_ieee_754_has_them() {
        int[] bits = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555, 0x7c00, 0xfc00, 0x8000};
        double[] expected = {
            1,
            -2,
            65504,
            Math.scalb(1.0, -24),
            Math.scalb(1.0, -14),
            0.333251953125,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            0
        };
        assertThat(IntStream.of(bits)
                        .mapToDouble(bit -> Agreements.half((short) bit) + 0.0)
                        .toArray())
                .isEqualTo(expected);
        assertThat(Agreements.half((short) 0x7e00)).isNaN();
    }
}
