package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.pipeline.PipelineRules;
import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.ClassesResult;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ScoreResult;
import io.tinyfleet.protocol.v1.SsdAnchors;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultReadersTest {

    // ---- classes

    /** e^1, e^2, e^3 over their sum. */
    @Test
    void softmax_gives_the_values_of_its_formula() throws Exception {
        ClassesResult declared =
                classes().setSoftmax(true).setTop(2).setThreshold(0.6).build();
        SlotPipeline.Result result = new ClassesReader(declared).read(List.of(Models.floats("y", 1, 2, 3)));
        assertThat(result.score()).isCloseTo(0.665240955774822, within(1e-12));
        assertThat(json(result))
                .startsWith("{\"over\":true,\"classes\":[{\"index\":2,\"label\":\"c\",\"score\":0.66524")
                .contains("{\"index\":1,\"label\":\"b\",\"score\":0.24472847");
    }

    @Test
    void softmax_does_not_overflow() throws Exception {
        SlotPipeline.Result result = new ClassesReader(
                        classes().setSoftmax(true).build())
                .read(List.of(Models.floats("y", 1000, 1000, -1000)));
        assertThat(result.score()).isEqualTo(0.5);
    }

    @Test
    void equal_classes_stay_in_the_outputs_order_and_a_low_one_is_not_over() throws Exception {
        ClassesResult declared = classes().setTop(5).setThreshold(0.5).build();
        SlotPipeline.Result result = new ClassesReader(declared).read(List.of(Models.floats("y", 0.2f, 0.4f, 0.4f)));
        assertThat(json(result))
                .contains("\"over\":false")
                .contains("[{\"index\":1,")
                .contains("{\"index\":0,");
    }

    @Test
    void quantized_outputs_are_read_with_their_scale_and_zero_point() throws Exception {
        ClassesResult declared = classes()
                .setQuantization(Affine.newBuilder().setScale(1.0 / 256).setZeroPoint(-128))
                .build();
        Tensor output =
                new Tensor("y", ElementType.INT8, new long[] {1, 3}, ByteBuffer.wrap(new byte[] {-128, 64, 127}));
        assertThat(new ClassesReader(declared).read(List.of(output)).score()).isCloseTo(255 / 256.0, within(1e-12));
        Tensor unsigned =
                new Tensor("y", ElementType.UINT8, new long[] {1, 3}, ByteBuffer.wrap(new byte[] {0, 0, (byte) 200}));
        assertThat(new ClassesReader(declared).read(List.of(unsigned)).score()).isCloseTo(328 / 256.0, within(1e-12));
    }

    @Test
    void an_answer_that_is_not_what_the_release_says_is_refused() {
        ClassesReader reader = new ClassesReader(classes().build());
        assertUnusable(reader, "output-unusable", Models.floats("other", 1, 2, 3));
        assertUnusable(reader, "output-unusable", Models.floats("y", 1, 2));
        assertUnusable(reader, "output-unusable", Tensor.zeros("y", ElementType.INT64, 3));
        assertUnusable(reader, "output-unusable", Tensor.zeros("y", ElementType.FLOAT32, 0));
        assertUnusable(reader, "score-not-a-number", Models.floats("y", 1, Float.NaN, 3));
    }

    // ---- score

    @Test
    void a_logit_becomes_a_probability() throws Exception {
        ScoreReader reader = new ScoreReader(ScoreResult.newBuilder()
                .setOutput("y")
                .setSigmoid(true)
                .setThreshold(0.7)
                .build());
        SlotPipeline.Result result = reader.read(List.of(Models.floats("y", 1)));
        assertThat(result.score()).isCloseTo(0.731058578630005, within(1e-12));
        assertThat(json(result)).contains("\"over\":true");
    }

    // ---- boxes

    /** MediaPipe's short-range face detector: 16 x 16 cells of two anchors, then 8 x 8 of six. */
    @Test
    void the_grid_of_the_face_detector_has_its_896_anchors() {
        SsdAnchors declared = FacePipeline.anchors();
        List<SsdAnchorGrid.Anchor> anchors = SsdAnchorGrid.of(declared);
        assertThat(anchors).hasSize(896).hasSize((int) PipelineRules.anchorCount(declared));
        assertThat(anchors.get(0)).isEqualTo(new SsdAnchorGrid.Anchor(0.03125, 0.03125, 1, 1));
        assertThat(anchors.get(1)).isEqualTo(anchors.get(0));
        assertThat(anchors.get(2)).isEqualTo(new SsdAnchorGrid.Anchor(0.09375, 0.03125, 1, 1));
        assertThat(anchors.get(512)).isEqualTo(new SsdAnchorGrid.Anchor(0.0625, 0.0625, 1, 1));
        assertThat(anchors.get(895)).isEqualTo(new SsdAnchorGrid.Anchor(0.9375, 0.9375, 1, 1));
    }

    /** The sizes of SSD: scales spread evenly, one more anchor of the mean scale, three in the lowest layer. */
    @Test
    void sized_anchors_follow_the_paper() {
        SsdAnchors declared = SsdAnchors.newBuilder()
                .setInputWidth(300)
                .setInputHeight(300)
                .addStrides(150)
                .addStrides(300)
                .setMinScale(0.2)
                .setMaxScale(0.95)
                .setOffset(0.5)
                .addAspectRatios(1)
                .addAspectRatios(2)
                .setInterpolatedAspectRatio(1)
                .setReduceLowest(true)
                .build();
        List<SsdAnchorGrid.Anchor> anchors = SsdAnchorGrid.of(declared);
        assertThat(anchors).hasSize(4 * 3 + 3).hasSize((int) PipelineRules.anchorCount(declared));
        assertThat(anchors.get(0)).isEqualTo(new SsdAnchorGrid.Anchor(0.25, 0.25, 0.1, 0.1));
        assertThat(anchors.get(1).width()).isCloseTo(0.2 * Math.sqrt(2), within(1e-12));
        assertThat(anchors.get(1).height()).isCloseTo(0.2 / Math.sqrt(2), within(1e-12));
        assertThat(anchors.get(12)).isEqualTo(new SsdAnchorGrid.Anchor(0.5, 0.5, 0.95, 0.95));
        assertThat(anchors.get(14).width()).isCloseTo(Math.sqrt(0.95), within(1e-12));
    }

    /** Two squares of side 2, moved by 1 in both directions: 1 in common of 7. */
    @Test
    void overlap_is_intersection_over_union() {
        assertThat(Box.overlap(box(1, 0, 0, 2), box(1, 1, 1, 2))).isCloseTo(1.0 / 7, within(1e-12));
        assertThat(Box.overlap(box(1, 0, 0, 2), box(1, 0, 0, 2))).isEqualTo(1);
        assertThat(Box.overlap(box(1, 0, 0, 2), box(1, 2, 0, 2))).isZero();
        assertThat(Box.overlap(box(1, 0, 0, 0), box(1, 0, 0, 0))).isZero();
    }

    @Test
    void of_boxes_that_overlap_the_best_stays_and_others_are_their_own() {
        List<Box> found = List.of(box(0.6, 0, 0, 2), box(0.9, 0.1, 0, 2), box(0.7, 10, 10, 2));
        List<Box> best = Box.merge(found, 0.3, false, 10);
        assertThat(best).extracting(Box::score).containsExactly(0.9, 0.7);
        assertThat(best.get(0).x()).isEqualTo(0.1);
        assertThat(Box.merge(found, 0.3, false, 1)).hasSize(1);
        assertThat(Box.merge(found, 0.99, false, 10)).hasSize(3);
        assertThat(Box.merge(List.of(), 0.3, true, 10)).isEmpty();
    }

    @Test
    void weighted_boxes_are_the_mean_by_score() {
        List<Box> merged = Box.merge(List.of(box(0.9, 0, 0, 2), box(0.3, 0.4, 0, 2)), 0.3, true, 10);
        assertThat(merged).singleElement().satisfies(box -> {
            assertThat(box.score()).isEqualTo(0.9);
            assertThat(box.x()).isCloseTo(0.1, within(1e-12));
            assertThat(box.width()).isCloseTo(2, within(1e-12));
        });
    }

    @Test
    void boxes_of_other_classes_are_not_the_same() {
        Box cat = new Box(0.9, 0, 0, 0, 1, 1, new double[0]);
        Box dog = new Box(0.8, 1, 0, 0, 1, 1, new double[0]);
        assertThat(Box.merge(List.of(cat, dog), 0.3, false, 10)).hasSize(2);
    }

    private static Box box(double score, double x, double y, double side) {
        return new Box(score, 0, x, y, side, side, new double[0]);
    }

    private static ClassesResult.Builder classes() {
        return ClassesResult.newBuilder().setOutput("y").setTop(1).addAllLabels(List.of("a", "b", "c"));
    }

    private static void assertUnusable(ResultReader reader, String code, Tensor answer) {
        assertThatThrownBy(() -> reader.read(List.of(answer)))
                .isInstanceOfSatisfying(
                        SlotPipeline.AnswerException.class,
                        e -> assertThat(e.code()).isEqualTo(code));
    }

    private static String json(SlotPipeline.Result result) {
        StringBuilder json = new StringBuilder();
        result.writeTo(json);
        return json.toString();
    }
}
