package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.runtime.ForwardingModel;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.protocol.v1.Window;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The queue between what answers and what is only compared; models answer in this process. */
class ShadowRunTest {
    private static final int FRAME = 160;

    /** The recurrent pipeline needs so many inputs before a new one is like one that has listened all along. */
    private static final int WARM_UP = 64;

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final AttemptId ATTEMPT = new AttemptId(new UUID(7, 7));
    private static final Variant VARIANT =
            Variant.newBuilder().setPipeline(Models.recurrentPipeline(0, FRAME)).build();

    private final CountingSource source = new CountingSource(16_000);
    private final List<Window> windows = new CopyOnWriteArrayList<>();
    private final Stepped active = new Stepped();
    private final ModelStandIn shadow = new ModelStandIn();
    private final ServedSlot server =
            Unpaced.start(new ServedSlot.Feed(source, Pace.FAST, List.of()), "count", windows::add);

    /** A model that makes one inference for each permit. */
    private static final class Stepped extends ForwardingModel {
        private final Semaphore permits = new Semaphore(0);
        private final ModelStandIn answering;

        Stepped() {
            this(new ModelStandIn());
        }

        private Stepped(ModelStandIn answering) {
            super(answering);
            this.answering = answering;
        }

        @Override
        public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
            permits.acquireUninterruptibly();
            return super.infer(inputs, deadline);
        }

        @Override
        public void close() {
            permits.release(1_000_000);
            super.close();
        }
    }

    @AfterEach
    void close() {
        active.permits.release(1_000_000);
        server.close();
    }

    private void begin(double share) {
        server.activate(new ActiveModel(active, Installations.of(VARIANT, digest(1)), Phase.HEALTHY));
        server.beginShadow(new ShadowModel(shadow, Installations.of(VARIANT, digest(2)), ATTEMPT, share));
        // The thread may be in the middle of an input that it took before there was a shadow.
        step(1);
    }

    private static Digest digest(int artifact) {
        return Digest.of(new byte[] {(byte) artifact});
    }

    private void step(int inputs) {
        long before = active.answering.calls.get();
        active.permits.release(inputs);
        Await.until(() -> inputs + " more answers", () -> active.answering.calls.get() == before + inputs);
    }

    /** Steps so slowly that the shadow keeps up. */
    private void walk(int inputs) {
        for (int i = 0; i < inputs; i++) {
            long before = shadow.calls.get();
            step(1);
            Await.until(() -> "the shadow's answer to input " + before, () -> shadow.calls.get() > before);
        }
    }

    private ShadowHealth health() {
        return server.findShadowHealth().orElseThrow();
    }

    private ShadowCounts counts() {
        active.permits.release(1_000_000);
        server.close();
        return windows.get(0).getShadow();
    }

    @Test
    void every_input_is_compared_once_warm_and_the_window_says_with_whom() {
        begin(1);
        step(1);
        walk(WARM_UP + 100);
        Await.until(() -> "compared inputs", () -> health().compared() >= 100);
        server.endShadow();
        ShadowCounts counts = counts();

        assertThat(counts.getArtifactSha256()).isEqualTo(digest(2).toBytes());
        assertThat(counts.getAttemptId()).isEqualTo(ATTEMPT.toBytes());
        assertThat(counts.getWarmUp()).isEqualTo(WARM_UP);
        assertThat(counts.getCompared()).isGreaterThanOrEqualTo(100);
        assertThat(counts.getAgreementsList())
                .extracting(Agreement::getMeasure)
                .containsExactly(AgreementMeasure.LABEL, AgreementMeasure.NUMERIC_TOLERANCE);
        assertThat(counts.getAgreementsList())
                .allMatch(agreement ->
                        agreement.getAgreed() == counts.getCompared() && agreement.getSum() == counts.getCompared());
        assertThat(windows.get(0).getArtifactSha256()).isEqualTo(digest(1).toBytes());
    }

    @Test
    void a_shadow_of_another_mind_does_not_agree() {
        shadow.score = 0.4f;
        begin(1);
        step(1);
        walk(WARM_UP + 20);
        Await.until(() -> "compared inputs", () -> health().compared() >= 20);
        server.endShadow();

        assertThat(counts().getAgreementsList()).allMatch(agreement -> agreement.getAgreed() == 0);
    }

    @Test
    void a_shadow_that_hangs_delays_nothing_and_what_it_misses_is_counted() {
        Stepped hanging = new Stepped();
        server.activate(new ActiveModel(active, Installations.of(VARIANT, digest(1)), Phase.HEALTHY));
        server.beginShadow(new ShadowModel(hanging, Installations.of(VARIANT, digest(2)), ATTEMPT, 1));

        step(150);

        assertThat(health().end()).isEmpty();
        step(100);
        assertThat(health().end().orElseThrow().code()).isEqualTo("too-slow");
        step(100);
        hanging.permits.release(1_000_000);
        ShadowCounts counts = counts();
        assertThat(counts.getDropped()).isBetween(180L, 205L);
        assertThat(windows.get(0).getOk()).isGreaterThanOrEqualTo(350);
        assertThat(windows.get(0).getFailedMap()).isEmpty();
    }

    @Test
    void a_lost_shadow_takes_no_more_inputs_and_the_active_model_goes_on() {
        shadow.failure = InferenceException.Reason.WORKER_GONE;
        begin(1);
        step(5);
        Await.until(() -> "its end", () -> health().end().isPresent());

        assertThat(health().end().orElseThrow()).isEqualTo(new ShadowHealth.End("worker-gone", "made to fail"));
        long calls = shadow.calls.get();
        step(50);
        assertThat(shadow.calls.get()).isEqualTo(calls);
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.SERVING);
        assertThat(server.health().failed()).isZero();
    }

    @Test
    void a_shadow_that_mostly_fails_is_ended() {
        shadow.failure = InferenceException.Reason.MODEL_ERROR;
        begin(1);
        step(1);
        walk(ShadowRun.ENOUGH_FAILURES - 2);
        step(2);
        Await.until(() -> "its end", () -> health().end().isPresent());

        assertThat(health().end().orElseThrow().code()).isEqualTo("inferences-failed");
        assertThat(counts().getFailedMap()).containsOnlyKeys("model-error");
    }

    @Test
    void a_share_of_a_stream_is_taken_in_stretches_without_a_gap() {
        Sampling sampling = new Sampling(0.25);
        StringBuilder taken = new StringBuilder();
        for (int i = 0; i < 4 * (Sampling.STRETCH + 64) * 3; i++) {
            taken.append(sampling.takes(64) ? 'x' : '.');
        }

        String[] stretches = taken.toString().split("\\.+");
        assertThat(stretches).hasSize(3).allMatch(stretch -> stretch.length() == Sampling.STRETCH + 64);
    }

    @Test
    void a_share_of_inputs_that_stand_by_themselves_is_taken_evenly() {
        Sampling sampling = new Sampling(0.25);
        StringBuilder taken = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            taken.append(sampling.takes(0) ? 'x' : '.');
        }
        assertThat(taken).hasToString("...x...x...x");
    }

    @Test
    void a_shadow_that_the_source_cannot_feed_is_refused_and_closed() {
        Variant other = Variant.newBuilder()
                .setPipeline(Models.recurrentPipeline(0, FRAME).toBuilder()
                        .setAudioFrames(Models.recurrentPipeline(0, FRAME).getAudioFrames().toBuilder()
                                .setSampleRateHz(8000)))
                .build();
        assertThatThrownBy(() ->
                        server.beginShadow(new ShadowModel(shadow, Installations.of(other, digest(2)), ATTEMPT, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8000");
        assertThat(shadow.closed).isTrue();
        assertThat(server.findShadowHealth()).isEmpty();
    }

    @Test
    void models_that_take_different_amounts_of_input_are_not_compared() {
        Variant longer = Variant.newBuilder()
                .setPipeline(Models.recurrentPipeline(0, 2 * FRAME))
                .build();
        server.activate(new ActiveModel(active, Installations.of(VARIANT, digest(1)), Phase.HEALTHY));
        server.beginShadow(new ShadowModel(shadow, Installations.of(longer, digest(2)), ATTEMPT, 1));
        step(5);
        Await.until(() -> "its end", () -> health().end().isPresent());

        assertThat(health().end().orElseThrow().code()).isEqualTo("input-differs");
        assertThat(health().end().orElseThrow().sentence()).contains("160").contains("320");
        assertThat(shadow.calls).hasValue(0);
    }

    @Test
    void what_applications_ask_is_compared_too() throws Exception {
        ModelStandIn answering = new ModelStandIn();
        try (ServedSlot bare = Unpaced.start(ServedSlot.Feed.NONE, "", windows::add)) {
            Variant plain = Variant.getDefaultInstance();
            bare.activate(new ActiveModel(answering, Installations.of(plain, digest(1)), Phase.HEALTHY));
            shadow.score = 0.1f;
            bare.beginShadow(new ShadowModel(shadow, Installations.of(plain, digest(2)), ATTEMPT, 0.5));
            AtomicLong asked = new AtomicLong();
            for (int i = 0; i < 20; i++) {
                try (TakenModel taken = bare.take(SOON).orElseThrow()) {
                    taken.infer(List.of(Models.floats("x", 1), Models.floats("state", 1, 2)), SOON);
                    asked.incrementAndGet();
                }
                long wanted = (i + 1) / 2;
                Await.until(
                        () -> "the shadow's answer",
                        () -> bare.findShadowHealth().orElseThrow().compared() >= wanted);
            }
            bare.endShadow();
        }
        ShadowCounts counts = windows.get(0).getShadow();
        assertThat(counts.getCompared()).isEqualTo(10);
        assertThat(counts.getAgreementsList())
                .extracting(Agreement::getMeasure)
                .containsExactly(AgreementMeasure.NUMERIC_TOLERANCE, AgreementMeasure.COSINE);
        assertThat(counts.getAgreements(0).getSum())
                .as("two of three numbers are alike")
                .isCloseTo(10 * 2 / 3.0, org.assertj.core.api.Assertions.within(1e-9));
    }
}
