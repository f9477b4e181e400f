package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class AudioFramesPipelineTest {

    private final CountingSource source = new CountingSource(16_000);

    @Test
    void each_frame_begins_with_the_end_of_the_one_before() throws IOException {
        AudioFramesPipeline pipeline = AudioFramesPipeline.of(recurrent(2, 3), source);
        assertThat(samples(pipeline.next())).containsExactly(0, 0, 1, 2, 3);
        assertThat(samples(pipeline.next())).containsExactly(2, 3, 4, 5, 6);
        assertThat(samples(pipeline.next())).containsExactly(5, 6, 7, 8, 9);
    }

    @Test
    void a_frame_that_did_not_come_leaves_the_context_of_the_next_one() throws IOException {
        AudioFramesPipeline pipeline = AudioFramesPipeline.of(recurrent(2, 3), source);
        assertThat(samples(pipeline.next())).containsExactly(0, 0, 1, 2, 3);
        source.stalled = true;
        assertThatThrownBy(pipeline::next).isInstanceOf(SourceStalledException.class);
        source.stalled = false;
        assertThat(samples(pipeline.next())).containsExactly(2, 3, 4, 5, 6);
    }

    @Test
    void state_starts_at_zero_and_is_fed_back() throws Exception {
        AudioFramesPipeline pipeline = AudioFramesPipeline.of(recurrent(0, 4), source);
        assertThat(pipeline.next().get(1).floatAt(1)).isZero();
        SlotPipeline.Result result =
                pipeline.accept(List.of(Models.floats("mean", 0.75f), Models.floats("next", 3, 4)));
        assertThat(result.score()).isEqualTo(0.75);
        StringBuilder json = new StringBuilder();
        result.writeTo(json);
        assertThat(json).hasToString("{\"score\":0.75,\"over\":true}");
        assertThat(pipeline.next().get(1).floatAt(1)).isEqualTo(4f);
    }

    @Test
    void constants_are_fed_each_time() throws IOException {
        AudioFramesPipeline pipeline = AudioFramesPipeline.of(
                Variant.newBuilder().setPipeline(Models.sileroPipeline()).build(), source);
        List<Tensor> inputs = pipeline.next();
        assertThat(inputs)
                .extracting(Tensor::toString)
                .containsExactly("'input' FLOAT32[1, 576]", "'state' FLOAT32[2, 1, 128]", "'sr' INT64[]");
        assertThat(inputs.get(2).data().getLong()).isEqualTo(16_000);
        assertThat(pipeline.frameNanos()).isEqualTo(32_000_000);
    }

    @Test
    void an_answer_without_a_number_is_no_score_and_leaves_the_state() throws IOException {
        AudioFramesPipeline pipeline = AudioFramesPipeline.of(recurrent(0, 4), source);
        Tensor next = Models.floats("next", 3, 4);
        assertUnusable(pipeline, List.of(next));
        assertUnusable(pipeline, List.of(Models.floats("mean", Float.NaN), next));
        assertUnusable(pipeline, List.of(Tensor.zeros("mean", ElementType.INT64, 1), next));
        assertUnusable(pipeline, List.of(Tensor.zeros("mean", ElementType.FLOAT32, 0), next));
        assertThat(pipeline.next().get(1).floatAt(0)).isZero();
    }

    @Test
    void a_pipeline_that_cannot_be_is_refused_with_the_rule_and_the_value() {
        assertRefused("wants 8000 samples a second, the source 'count' has 16000", f -> f.setSampleRateHz(8_000));
        assertRefused("a frame has 1 to 1048576 samples, the pipeline declares 0", f -> f.setFrameSamples(0));
        assertRefused("declares 4294967295", f -> f.setFrameSamples(-1));
        assertRefused("the context is at most one frame", f -> f.setContextSamples(5));
        assertRefused("a score threshold is 0 to 1", f -> f.setScoreThreshold(1.5));
        assertRefused("a score threshold is 0 to 1", f -> f.setScoreThreshold(Double.NaN));
        assertRefused("names an input twice", f -> f.setInput("state"));
        assertRefused("names an input twice", f -> f.setInput(""));
        assertRefused("names an input twice", f -> f.setScoreOutput(""));
        assertRefused(
                "names an input twice",
                f -> f.addConstants(ScalarInput.newBuilder().setInput("x")));
        assertRefused("a state has at most", f -> f.addFeedback(feedback("big", 1L << 25)));
        assertRefused("a dimension must be at least 0", f -> f.addFeedback(feedback("free", -1)));
        assertRefused("over 2147483647 bytes", f -> f.addFeedback(feedback("huge", Long.MAX_VALUE)));
    }

    @Test
    void a_variant_without_a_pipeline_cannot_be_fed_with_audio() {
        assertThat(DeclaredPipeline.findMisfit(Variant.getDefaultInstance(), source))
                .hasValueSatisfying(reason -> assertThat(reason).contains("declares no pipeline"));
    }

    private void assertRefused(String part, Consumer<AudioFrames.Builder> change) {
        AudioFrames.Builder frames = Models.recurrentPipeline(2, 4).getAudioFrames().toBuilder();
        change.accept(frames);
        Variant variant = Variant.newBuilder()
                .setPipeline(Pipeline.newBuilder().setAudioFrames(frames))
                .build();
        assertThatThrownBy(() -> AudioFramesPipeline.of(variant, source))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part);
    }

    private static void assertUnusable(SlotPipeline pipeline, List<Tensor> answer) {
        assertThatThrownBy(() -> pipeline.accept(answer))
                .isInstanceOfSatisfying(
                        SlotPipeline.AnswerException.class,
                        e -> assertThat(e.code()).isEqualTo("score-not-a-number"));
    }

    private static Feedback feedback(String name, long size) {
        return Feedback.newBuilder()
                .setInput(name)
                .setOutput(name + "Out")
                .addShape(size)
                .build();
    }

    private static Variant recurrent(int context, int frame) {
        return Variant.newBuilder()
                .setPipeline(Models.recurrentPipeline(context, frame))
                .build();
    }

    private static int[] samples(List<Tensor> inputs) {
        int[] samples = new int[inputs.get(0).bytes() / Float.BYTES];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = Math.round(inputs.get(0).floatAt(i));
        }
        return samples;
    }
}
