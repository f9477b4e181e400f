package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.OnnxFile;
import io.tinyfleet.agent.runtime.ProcessModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.runtime.WorkerSettings;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.protocol.v1.Window;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServedSlotTest {

    private static final int FRAME = 160;
    private static final long FRAME_NANOS = 10_000_000L;
    private static final Variant VARIANT =
            Variant.newBuilder().setPipeline(Models.recurrentPipeline(0, FRAME)).build();

    private final CountingSource source = new CountingSource(16_000);
    private final FakePacer pacer = new FakePacer();
    private final List<Window> windows = new CopyOnWriteArrayList<>();
    private final WindowRecorder recorder = new WindowRecorder(
            new SlotName("vad"),
            "count",
            Duration.ofSeconds(10),
            new WindowSurroundings(
                    () -> Duration.ofNanos(pacer.nanos()),
                    () -> Instant.EPOCH,
                    () -> false,
                    EnergyMeters.forHardware("generic-x86_64")),
            windows::add);
    private SlotServer server = start(Pace.FAST);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void an_empty_slot_takes_no_input() {
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.EMPTY);
        assertThat(server.inferences()).isZero();
        server.deactivate();
        server.phase(Phase.HEALTHY);
        assertThat(source.taken).hasValue(0);
    }

    @Test
    void every_frame_taken_is_answered_by_exactly_one_model_across_swaps() {
        server.close();
        server = start(Pace.FAST);
        List<ModelStandIn> models = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 50; i++) {
            ModelStandIn model = new ModelStandIn();
            models.add(model);
            server.activate(active(model, i));
            await(() -> model.calls.get() > 20);
        }
        server.close();
        long calls = models.stream().mapToLong(model -> model.calls.get()).sum();
        assertThat(source.taken.get()).as("frames taken").isEqualTo(calls * FRAME);
        assertThat(models).noneMatch(model -> model.usedAfterEnd).allMatch(model -> model.closed);
        assertThat(windows.stream().mapToLong(Window::getOk).sum())
                .as("recorded")
                .isEqualTo(calls);
        for (int i = 0; i < models.size(); i++) {
            Digest artifact = digest(i);
            assertThat(windows.stream()
                            .filter(window -> window.getArtifactSha256().equals(artifact.toBytes()))
                            .mapToLong(Window::getOk)
                            .sum())
                    .as("recorded under the artifact that answered")
                    .isEqualTo(models.get(i).calls.get());
        }
    }

    @Test
    void recurrent_state_and_counters_start_anew_with_each_activation() {
        ModelStandIn first = new ModelStandIn();
        server.activate(active(first, 1));
        await(() -> server.inferences() > 100);
        server.activate(active(new ModelStandIn(), 2));
        server.deactivate();
        assertThat(server.inferences()).isZero();
        await(() -> first.closed);
    }

    @Test
    void a_variant_that_the_input_cannot_feed_is_refused_and_its_model_closed() {
        ModelStandIn running = new ModelStandIn();
        server.activate(active(running, 1));
        ModelStandIn other = new ModelStandIn();
        ActiveModel unfit =
                new ActiveModel(other, Installations.of(Variant.getDefaultInstance(), digest(2)), Phase.PROBATION);
        assertThat(server.findMisfit(Variant.getDefaultInstance())).isPresent();
        assertThatThrownBy(() -> server.activate(unfit)).isInstanceOf(IllegalArgumentException.class);
        assertThat(other.closed).isTrue();
        assertThat(running.closed).as("the one before goes on").isFalse();
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.SERVING);
    }

    @Test
    void a_refused_inference_is_counted_and_the_next_one_is_made() {
        ModelStandIn model = new ModelStandIn();
        model.failure = InferenceException.Reason.MODEL_ERROR;
        server.activate(active(model, 1));
        await(() -> server.health().failed() > 10);
        model.failure = null;
        await(() -> server.health().ok() > 10);
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.SERVING);
        server.close();
        assertThat(windows.get(0).getFailedMap()).containsOnlyKeys("model-error");
    }

    @Test
    void a_score_that_is_not_a_number_is_a_failure() {
        ModelStandIn model = new ModelStandIn();
        model.score = Float.NaN;
        server.activate(active(model, 1));
        await(() -> server.health().failed() > 10);
        assertThat(server.inferences()).isZero();
        server.close();
        assertThat(windows.get(0).getFailedMap()).containsOnlyKeys("score-not-a-number");
    }

    @Test
    void a_lost_worker_is_one_failure_and_then_silence_until_the_next_activation() {
        ModelStandIn model = new ModelStandIn();
        model.failure = InferenceException.Reason.WORKER_GONE;
        server.activate(active(model, 1));
        await(() -> server.health().state() == SlotHealth.State.WORKER_GONE);
        assertThat(server.health().trouble()).contains("made to fail");
        assertThat(model.calls).hasValue(1);
        await(() -> model.closed);
        ModelStandIn next = new ModelStandIn();
        server.activate(active(next, 2));
        await(() -> next.calls.get() > 5);
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.SERVING);
        assertThat(server.health().trouble()).isEmpty();
        assertThat(windows.get(0).getFailedMap()).containsEntry("worker-gone", 1L);
    }

    @Test
    void input_that_cannot_be_read_is_trouble_of_the_source_and_not_of_the_model() {
        source.broken = true;
        ModelStandIn model = new ModelStandIn();
        server.activate(active(model, 1));
        await(() -> server.health().state() == SlotHealth.State.SOURCE_FAILED);
        assertThat(server.health().trouble()).contains("the microphone was pulled out");
        assertThat(server.health().failed()).isZero();
    }

    @Test
    void a_source_that_stalls_is_said_and_goes_on_when_it_flows_again() throws Exception {
        source.stalled = true;
        ModelStandIn model = new ModelStandIn();
        server.activate(active(model, 1));
        await(() -> server.health().state() == SlotHealth.State.SOURCE_STALLED);
        assertThat(server.health().trouble()).contains("nothing came for 5 s");
        try (TakenModel taken = server.take(Duration.ZERO).orElseThrow()) {
            assertThat(taken.model().installed().artifact()).isEqualTo(digest(1));
        }
        source.stalled = false;
        await(() -> server.inferences() > 10);
        assertThat(server.health().state()).isEqualTo(SlotHealth.State.SERVING);
        assertThat(server.health().trouble()).isEmpty();
        assertThat(server.health().failed()).isZero();
    }

    @Test
    void an_application_keeps_the_model_that_it_has_taken_while_another_becomes_active() throws Exception {
        server.close();
        ServedSlot slot = ServedSlot.start(new SlotName("vad"), ServedSlot.Feed.NONE, pacer, recorder);
        assertThat(slot.take(Duration.ZERO)).isEmpty();
        ModelStandIn first = new ModelStandIn();
        slot.activate(active(first, 1));
        List<Tensor> inputs = List.of(Models.floats("x", 1), Models.floats("state", 1, 1));
        try (TakenModel taken = slot.take(Duration.ZERO).orElseThrow()) {
            slot.activate(active(new ModelStandIn(), 2));
            assertThat(first.closed).as("in use").isFalse();
            assertThat(taken.infer(inputs, Duration.ofSeconds(1))).hasSize(2);
            assertThat(taken.model().installed().artifact()).isEqualTo(digest(1));
        }
        assertThat(first.closed).as("given back").isTrue();
        try (TakenModel taken = slot.take(Duration.ZERO).orElseThrow()) {
            assertThat(taken.model().installed().artifact()).isEqualTo(digest(2));
        }
        slot.close();
        assertThat(windows).singleElement().satisfies(window -> {
            assertThat(window.getArtifactSha256()).isEqualTo(digest(1).toBytes());
            assertThat(window.getOk()).isEqualTo(1);
            assertThat(window.getAskedByApplications()).isEqualTo(1);
            assertThat(window.getScores().getTotal()).isZero();
        });
    }

    @Test
    void a_worker_lost_under_an_application_ends_the_activation() throws Exception {
        server.close();
        ServedSlot slot = ServedSlot.start(new SlotName("vad"), ServedSlot.Feed.NONE, pacer, recorder);
        ModelStandIn model = new ModelStandIn();
        model.failure = InferenceException.Reason.WORKER_GONE;
        slot.activate(active(model, 1));
        try (TakenModel taken = slot.take(Duration.ZERO).orElseThrow()) {
            assertThatThrownBy(() -> taken.infer(List.of(), Duration.ofSeconds(1)))
                    .isInstanceOf(InferenceException.class);
        }
        assertThat(slot.health().state()).isEqualTo(SlotHealth.State.WORKER_GONE);
        assertThat(slot.take(Duration.ZERO)).isEmpty();
        slot.close();
    }

    @Test
    void a_phase_change_closes_the_window() {
        ModelStandIn model = new ModelStandIn();
        server.activate(active(model, 1));
        await(() -> model.calls.get() > 5);
        server.phase(Phase.HEALTHY);
        server.close();
        assertThat(windows)
                .extracting(Window::getPhase)
                .startsWith(Phase.PROBATION)
                .endsWith(Phase.HEALTHY);
    }

    @Test
    void realtime_takes_a_frame_when_it_is_due_and_says_how_long_it_waited() {
        server.close();
        server = start(Pace.REALTIME);
        ModelStandIn model = new ModelStandIn();
        long begin = pacer.nanos();
        server.activate(active(model, 1));
        await(() -> model.calls.get() >= 200);
        server.close();
        long played = pacer.nanos() - begin;
        assertThat(played).isBetween(199 * FRAME_NANOS, (model.calls.get() + 1) * FRAME_NANOS);
        assertThat(windows.get(0).getQueueWaitSketch().isEmpty()).isFalse();
    }

    @Test
    void a_slot_far_behind_goes_on_from_now_instead_of_catching_up() {
        server.close();
        server = start(Pace.REALTIME);
        ModelStandIn model = new ModelStandIn();
        server.activate(active(model, 1));
        await(() -> model.calls.get() >= 10);
        long before = model.calls.get();
        pacer.advance(TimeUnit.HOURS.toNanos(1));
        await(() -> model.calls.get() > before + 100);
        server.close();
        long frames = model.calls.get();
        assertThat(frames * FRAME_NANOS).as("no hour was made up for").isLessThan(TimeUnit.MINUTES.toNanos(59));
    }

    @Test
    void a_closed_slot_takes_no_model_and_closes_what_it_is_given() {
        server.close();
        ModelStandIn model = new ModelStandIn();
        assertThatThrownBy(() -> server.activate(active(model, 1))).isInstanceOf(IllegalStateException.class);
        assertThat(model.closed).isTrue();
        assertThat(source.closed).isTrue();
    }

    @Test
    void real_workers_are_swapped_under_load_without_a_lost_or_failed_inference(@TempDir Path folder) throws Exception {
        Path path = OnnxFile.write(folder, "recurrent.onnx", OnnxFile.recurrent(FRAME));
        ModelFile file = Models.onnx(path, VARIANT.getPipeline());
        try (ProcessModelHost host =
                ProcessModelHost.at(folder.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE)) {
            for (int i = 0; i < 4; i++) {
                RunningModel model = host.start(file);
                server.activate(new ActiveModel(model, Installations.of(file.variant(), digest(i)), Phase.PROBATION));
                await(() -> server.inferences() > 500);
                assertThat(server.health().failed()).isZero();
            }
            server.close();
        }
        assertThat(windows).allMatch(window -> window.getFailedCount() == 0);
        long recorded = windows.stream().mapToLong(Window::getOk).sum();
        assertThat(source.taken.get()).isEqualTo(recorded * FRAME);
        assertThat(windows.stream().map(Window::getArtifactSha256).distinct()).hasSize(4);
    }

    @Test
    void a_worker_that_crashes_under_load_is_told_as_a_crash_and_not_as_a_stop(@TempDir Path folder) throws Exception {
        Path path = OnnxFile.write(folder, "recurrent.onnx", OnnxFile.recurrent(FRAME));
        ModelFile file = Models.onnx(path, VARIANT.getPipeline());
        try (ProcessModelHost host =
                ProcessModelHost.at(folder.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE)) {
            for (int i = 0; i < 3; i++) {
                RunningModel model = host.start(file);
                server.activate(new ActiveModel(model, Installations.of(file.variant(), digest(i)), Phase.PROBATION));
                await(() -> server.inferences() > 100);
                new ProcessBuilder("kill", "-SEGV", String.valueOf(model.pid())).start();
                WorkerExit exit = model.exit().toCompletableFuture().get(20, TimeUnit.SECONDS);
                assertThat(exit.kind()).as(exit.sentence()).isEqualTo(WorkerExit.Kind.MODEL_CRASH);
                await(() -> server.health().state() == SlotHealth.State.WORKER_GONE);
            }
        }
    }

    private SlotServer start(Pace pace) {
        return ServedSlot.start(new SlotName("vad"), new ServedSlot.Feed(source, pace, List.of()), pacer, recorder);
    }

    private static ActiveModel active(ModelStandIn model, int artifact) {
        return new ActiveModel(model, Installations.of(VARIANT, digest(artifact)), Phase.PROBATION);
    }

    private static Digest digest(int artifact) {
        return Digest.of(new byte[] {(byte) artifact});
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Time that passes only when somebody waits for it, or says so. */
    private static final class FakePacer implements Pacer {

        private final AtomicLong now = new AtomicLong(TimeUnit.HOURS.toNanos(5));

        @Override
        public long nanos() {
            return now.get();
        }

        @Override
        public void awaitUntil(long nanos) {
            now.accumulateAndGet(nanos, Math::max);
        }

        void advance(long nanos) {
            now.addAndGet(nanos);
        }
    }
}
