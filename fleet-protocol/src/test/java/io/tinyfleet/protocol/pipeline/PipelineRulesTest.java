package io.tinyfleet.protocol.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.GoldenPipelines;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.BoxesResult;
import io.tinyfleet.protocol.v1.ClassesResult;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ImageInput;
import io.tinyfleet.protocol.v1.MelInput;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.RowInput;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class PipelineRulesTest {

    @Test
    void a_pipeline_within_the_rules_has_no_problem() {
        assertThat(PipelineRules.check(image(i -> {}))).isEmpty();
        assertThat(PipelineRules.check(mel(m -> {}))).isEmpty();
        assertThat(PipelineRules.check(rows(r -> {}))).isEmpty();
    }

    @Test
    void an_input_needs_a_result_and_a_result_an_input() {
        assertThat(text(Pipeline.newBuilder().setImage(GoldenPipelines.IMAGE).build()))
                .containsExactly("pipeline must have a result: classes, boxes or score");
        assertThat(text(Pipeline.newBuilder().setScore(GoldenPipelines.SCORE).build()))
                .containsExactly("pipeline must have an image, mel or rows input with this result");
        assertThat(text(Pipeline.newBuilder()
                        .setAudioFrames(AudioFrames.getDefaultInstance())
                        .setScore(GoldenPipelines.SCORE)
                        .build()))
                .hasSize(1);
        assertThat(text(rows(r -> {}).toBuilder()
                        .setBoxes(GoldenPipelines.BOXES)
                        .build()))
                .containsExactly("boxes must have an image as input");
    }

    @Test
    void every_broken_rule_of_a_picture_is_told_with_its_value() {
        assertThat(text(image(i -> i.setWidth(0).setFill(300).setScale(0).clearFit())))
                .contains(
                        "image.width must be 1 to 4096, got 0",
                        "image.fill must be 0 to 255, got 300",
                        "image.fit is required");
        assertThat(text(image(i -> i.setScale(Double.NaN))))
                .singleElement()
                .asString()
                .contains("image.scale must be over 0");
        assertThat(text(image(i -> i.setWidth(-1)))).contains("image.width must be 1 to 4096, got -1");
        assertThat(text(image(i -> i.setWidth(4096).setHeight(4096))))
                .singleElement()
                .asString()
                .contains("elements");
        assertThat(text(image(i -> i.addMean(1)))).containsExactly("image.mean must hold none, one or 3, got 4");
        assertThat(text(image(i -> i.setType(ElementType.INT32))))
                .containsExactly("image.type must be FLOAT32, INT8 or UINT8, got INT32");
        assertThat(text(image(ImageInput.Builder::clearQuantization)))
                .containsExactly("image.quantization must be there with INT8 and UINT8, and only then");
        assertThat(text(image(i -> i.setFitValue(7)))).containsExactly("image.fit is required");
        assertThat(text(image(i -> i.setInput("")))).hasSize(1);
    }

    @Test
    void a_spectrogram_must_be_one_that_can_be_made() {
        assertThat(text(mel(m -> m.setFftSize(500))))
                .containsExactly("mel.fftSize must be a power of two of at least windowSamples, got 500");
        assertThat(text(mel(m -> m.setFftSize(256)))).hasSize(1);
        assertThat(text(mel(m -> m.setHighestHz(9000)))).hasSize(1);
        assertThat(text(mel(m -> m.setLowestHz(7600)))).contains("mel.highestHz must be over lowestHz, got 7600.0");
        assertThat(text(mel(m -> m.setNewFrames(99)))).hasSize(1);
        assertThat(text(mel(MelInput.Builder::clearShape)))
                .containsExactly("mel.shape must have 3920 elements, got []");
        assertThat(text(mel(m -> m.setShape(0, Long.MAX_VALUE)))).hasSize(1);
    }

    @Test
    void rows_and_results_have_limits_too() {
        assertThat(text(rows(r -> r.setNewRows(0)))).hasSize(1);
        assertThat(text(rows(r -> r.setShape(1, 49))))
                .containsExactly("rows.shape must have 150 elements, got [1, 49, 3]");
        assertThat(text(rows(r -> r.setDeviation(0, 0)))).hasSize(1);
        ClassesResult.Builder classes =
                GoldenPipelines.CLASSES.toBuilder().setTop(0).addLabels(" ");
        assertThat(text(mel(m -> {}).toBuilder().setClasses(classes).build())).hasSize(2);
        BoxesResult.Builder boxes = GoldenPipelines.BOXES.toBuilder()
                .setBoxScale(0)
                .setMaxBoxes(101)
                .setKeypoints(65);
        assertThat(text(image(i -> {}).toBuilder().setBoxes(boxes).build())).hasSize(3);
        boxes = GoldenPipelines.BOXES.toBuilder()
                .setAnchors(GoldenPipelines.ANCHORS.toBuilder()
                        .setInputWidth(4096)
                        .setInputHeight(4096)
                        .setStrides(0, 1));
        assertThat(text(image(i -> {}).toBuilder().setBoxes(boxes).build()))
                .singleElement()
                .asString()
                .contains("at most 100000 anchors");
    }

    @Test
    void what_is_fed_and_read_follows_from_the_declaration() {
        assertThat(PipelineTensors.feeds(image(i -> {})))
                .extracting(TensorSpec::getShapeList)
                .containsExactly(List.of(1L, 3L, 96L, 128L));
        assertThat(PipelineTensors.reads(image(i -> {})))
                .extracting(TensorSpec::getName)
                .containsExactly("boxes", "scores");
        assertThat(PipelineTensors.feeds(Pipeline.getDefaultInstance())).isEmpty();
    }

    private static List<String> text(Pipeline pipeline) {
        return PipelineRules.check(pipeline).stream()
                .map(PipelineRules.Problem::toString)
                .toList();
    }

    private static Pipeline image(Consumer<ImageInput.Builder> change) {
        ImageInput.Builder image = GoldenPipelines.IMAGE.toBuilder();
        change.accept(image);
        return Pipeline.newBuilder()
                .setImage(image)
                .setBoxes(GoldenPipelines.BOXES)
                .build();
    }

    private static Pipeline mel(Consumer<MelInput.Builder> change) {
        MelInput.Builder mel = GoldenPipelines.MEL.toBuilder();
        change.accept(mel);
        return Pipeline.newBuilder()
                .setMel(mel)
                .setClasses(GoldenPipelines.CLASSES)
                .build();
    }

    private static Pipeline rows(Consumer<RowInput.Builder> change) {
        RowInput.Builder rows = GoldenPipelines.ROWS.toBuilder();
        change.accept(rows);
        return Pipeline.newBuilder()
                .setRows(rows)
                .setScore(GoldenPipelines.SCORE)
                .build();
    }
}
