package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.Await;
import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.install.NioDisk;
import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Lane;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.SelfTestFile;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.TrialLimits;
import io.tinyfleet.agent.runtime.TrialReport;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.agent.serve.Pacer;
import io.tinyfleet.agent.serve.ServedSlot;
import io.tinyfleet.agent.serve.TakenModel;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Switching workers: beside each other where memory allows, one after the other where it does not. */
class SlotWorkersTest {
    private static final SlotName VAD = new SlotName("vad");
    private static final long WORKER_BYTES = 90L << 20;
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private final AtomicLong ram = new AtomicLong(1L << 30);
    private TrialReport trialReport = new TrialReport.Passed(1, 1, 1);
    private @Nullable WorkerModels modelsOrNone;
    private @Nullable ServedSlot slotOrNone;

    /** A worker that takes memory while it lives. */
    private final class Worker implements RunningModel {
        final Digest artifact;
        private final CompletableFuture<WorkerExit> exit = new CompletableFuture<>();

        Worker(Digest artifact) {
            this.artifact = artifact;
            ram.addAndGet(-WORKER_BYTES);
            workers.add(this);
        }

        void end(WorkerExit.Kind kind) {
            if (!exit.isDone()) {
                ram.addAndGet(WORKER_BYTES);
                exit.complete(new WorkerExit(kind, 0, "as the test wants it"));
            }
        }

        @Override
        public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
            if (exit.isDone()) {
                throw new InferenceException(InferenceException.Reason.WORKER_GONE, "the worker is gone");
            }
            return List.of();
        }

        @Override
        public WorkerStats stats() {
            return new WorkerStats(Duration.ZERO, WORKER_BYTES, WORKER_BYTES);
        }

        @Override
        public long pid() {
            return 1;
        }

        @Override
        public CompletionStage<WorkerExit> exit() {
            return exit.minimalCompletionStage();
        }

        @Override
        public void close() {
            end(WorkerExit.Kind.STOPPED);
        }
    }

    private final class Host implements ModelHost {
        @Override
        public TrialReport trial(ModelFile model, @Nullable SelfTestFile vectors, TrialLimits limits) {
            assertThat(ram.get()).as("memory for the trial").isGreaterThan(WORKER_BYTES);
            return trialReport;
        }

        @Override
        public RunningModel start(ModelFile model) {
            assertThat(ram.get()).as("memory for another worker").isGreaterThan(WORKER_BYTES);
            return new Worker(model.sha256());
        }

        @Override
        public List<Runtime> runtimes() {
            return List.of();
        }
    }

    @BeforeEach
    void open() throws IOException {
        AgentHome home = new AgentHome(folder);
        home.create(new NioDisk());
        WindowSurroundings surroundings = new WindowSurroundings(
                () -> Duration.ZERO, () -> Instant.EPOCH, () -> false, EnergyMeters.forHardware("generic-x86_64"));
        WindowRecorder recorder =
                new WindowRecorder(VAD, "applications", Duration.ofMinutes(1), surroundings, window -> {});
        ServedSlot slot = ServedSlot.start(VAD, ServedSlot.Feed.NONE, Pacer.system(), recorder);
        slotOrNone = slot;
        ModelStore store = ModelStore.open(new NioDisk(), home);
        modelsOrNone = new WorkerModels(
                new SlotWorkers.Parts(home, store, new Host(), ram::get, events::add), Map.of(VAD, slot));
    }

    @AfterEach
    void close() {
        models().close();
        assertThat(workers).allMatch(worker -> worker.exit.isDone());
    }

    private WorkerModels models() {
        return java.util.Objects.requireNonNull(modelsOrNone);
    }

    private ServedSlot slot() {
        return java.util.Objects.requireNonNull(slotOrNone);
    }

    private Installed model(String version) throws IOException {
        byte[] content = version.getBytes(StandardCharsets.UTF_8);
        Digest artifact = Digest.of(content);
        Path file = new AgentHome(folder).model(artifact);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        return new Installed(
                artifact,
                new ReleaseId(new UUID(7, version.hashCode())),
                "vad",
                version,
                Variant.getDefaultInstance(),
                new AttemptId(new UUID(1, version.hashCode())),
                false,
                0);
    }

    private void start(Installed model, Phase phase) {
        events.clear();
        models().start(new Action.StartModel(VAD, model, phase));
        Await.until(
                () -> "an answer: " + events, () -> has(Event.ModelStarted.class) || has(Event.ModelStartFailed.class));
    }

    private boolean has(Class<? extends Event> kind) {
        return events.stream().anyMatch(kind::isInstance);
    }

    private List<String> notices() {
        return events.stream()
                .filter(Event.ModelNoticed.class::isInstance)
                .map(event -> ((Event.ModelNoticed) event).code())
                .toList();
    }

    private Digest answering() throws InterruptedException {
        try (TakenModel taken = slot().take(SOON).orElseThrow()) {
            return taken.model().installed().artifact();
        }
    }

    private long alive() {
        return workers.stream().filter(worker -> !worker.exit.isDone()).count();
    }

    @Test
    void the_model_before_stays_loaded_through_probation_and_is_the_way_back_at_once() throws Exception {
        Installed v1 = model("1");
        Installed v2 = model("2");
        start(v1, Phase.HEALTHY);

        start(v2, Phase.ACTIVATING);
        models().phase(VAD, Phase.PROBATION);
        Await.until(() -> "two workers", () -> alive() == 2);
        assertThat(answering()).isEqualTo(v2.artifact());
        start(v1, Phase.HEALTHY);

        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(workers).as("no third worker was needed").hasSize(2);
        Await.until(() -> "the bad model to end", () -> alive() == 1);
        assertThat(notices()).isEmpty();
    }

    @Test
    void the_way_back_stays_loaded_when_a_model_on_probation_is_replaced_by_another() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        start(model("2"), Phase.ACTIVATING);
        models().phase(VAD, Phase.PROBATION);

        start(model("3"), Phase.ACTIVATING);
        Await.until(() -> "the second to end", () -> alive() == 2);
        start(v1, Phase.HEALTHY);

        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(workers).hasSize(3);
    }

    @Test
    void a_confirmed_model_lets_the_one_before_go() throws Exception {
        start(model("1"), Phase.HEALTHY);
        start(model("2"), Phase.ACTIVATING);
        Await.until(() -> "two workers", () -> alive() == 2);

        models().phase(VAD, Phase.HEALTHY);

        Await.until(() -> "one worker", () -> alive() == 1);
    }

    @Test
    void what_is_kept_for_the_way_back_goes_when_memory_gets_short() throws Exception {
        start(model("1"), Phase.HEALTHY);
        start(model("2"), Phase.ACTIVATING);
        Await.until(() -> "two workers", () -> alive() == 2);

        ram.set(SlotWorkers.RAM_RESERVE_BYTES - 1);
        models().served(Duration.ofSeconds(1));

        Await.until(() -> "one worker", () -> alive() == 1);
    }

    @Test
    void a_way_back_whose_worker_has_died_is_started_anew() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        start(model("2"), Phase.ACTIVATING);
        workers.get(0).end(WorkerExit.Kind.OUT_OF_MEMORY);

        start(v1, Phase.HEALTHY);

        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(workers).hasSize(3);
    }

    @Test
    void a_caller_keeps_the_model_it_has_taken_through_a_switch() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        try (TakenModel taken = slot().take(SOON).orElseThrow()) {
            start(model("2"), Phase.HEALTHY);

            taken.infer(List.of(), SOON);
            assertThat(taken.model().installed().artifact()).isEqualTo(v1.artifact());
            assertThat(alive()).isEqualTo(2);
        }
        Await.until(() -> "the old one to end", () -> alive() == 1);
    }

    @Test
    void without_room_for_two_the_old_model_ends_first_and_that_is_said() throws Exception {
        ram.set(WORKER_BYTES + (80L << 20));
        Installed v1 = model("1");
        Installed v2 = model("2");
        start(v1, Phase.HEALTHY);

        start(v2, Phase.ACTIVATING);

        assertThat(answering()).isEqualTo(v2.artifact());
        assertThat(alive()).isEqualTo(1);
        assertThat(notices()).containsExactly("stopped-first");
        assertThat(events.toString()).contains("MB were free").contains("vad 1 was stopped first");
    }

    @Test
    void without_room_a_trial_is_made_in_the_place_of_the_running_model_which_then_goes_on() throws Exception {
        ram.set(WORKER_BYTES + (80L << 20));
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        trialReport = new TrialReport.Failed(TrialReport.Code.SELF_TEST_FAILED, "the answer was off");
        events.clear();

        models().trial(new Action.RunTrial(VAD, new AttemptId(new UUID(1, 9)), model("2"), null, Lane.ANSWERS));
        Await.until(() -> "the verdict", () -> has(Event.TrialEnded.class));

        assertThat(((Event.TrialEnded) events.get(events.size() - 1)).outcome())
                .isInstanceOf(TrialOutcome.Failed.class);
        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(notices()).containsExactly("stopped-first");
        assertThat(alive()).isEqualTo(1);
    }

    @Test
    void a_spoiled_file_stops_nothing_that_runs() throws Exception {
        ram.set(WORKER_BYTES + (80L << 20));
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        Installed v2 = model("2");
        Files.writeString(new AgentHome(folder).model(v2.artifact()), "rotten");

        start(v2, Phase.ACTIVATING);

        assertThat(events)
                .hasSize(1)
                .first()
                .isInstanceOfSatisfying(
                        Event.ModelStartFailed.class,
                        failed -> assertThat(failed.code()).isEqualTo("model-spoiled"));
        assertThat(answering()).isEqualTo(v1.artifact());
    }

    @Test
    void the_death_of_the_answering_worker_is_told_and_callers_wait_for_the_next() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        workers.get(0).end(WorkerExit.Kind.MODEL_CRASH);
        assertThat(events)
                .anyMatch(event -> event instanceof Event.ModelExited exited
                        && exited.code().equals("model-crash"));

        start(v1, Phase.HEALTHY);

        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(alive()).isEqualTo(1);
    }

    // ---- a shadow, which always loses

    private AttemptId shadow(Installed model) {
        AttemptId attempt = new AttemptId(new UUID(2, model.version().hashCode()));
        models().startShadow(new Action.StartShadow(VAD, attempt, model, 1));
        Await.until(() -> "an answer: " + events, () -> has(Event.ShadowStarted.class) || has(Event.ShadowEnded.class));
        return attempt;
    }

    private Event.ShadowEnded ended() {
        Await.until(() -> "the shadow's end: " + events, () -> has(Event.ShadowEnded.class));
        return (Event.ShadowEnded) events.stream()
                .filter(Event.ShadowEnded.class::isInstance)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_shadow_is_a_second_worker_and_the_first_goes_on_answering() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);

        shadow(model("2"));

        assertThat(has(Event.ShadowStarted.class)).isTrue();
        assertThat(alive()).isEqualTo(2);
        assertThat(answering()).isEqualTo(v1.artifact());
        models().stopShadow(VAD);
        Await.until(() -> "one worker", () -> alive() == 1);
        assertThat(answering()).isEqualTo(v1.artifact());
        assertThat(has(Event.ShadowEnded.class)).as("it was asked to stop").isFalse();
    }

    @Test
    void without_room_beside_what_runs_neither_a_shadow_nor_its_trial_is_begun() throws Exception {
        start(model("1"), Phase.HEALTHY);
        ram.set(SlotWorkers.RAM_RESERVE_BYTES + (40L << 20));

        assertThat(models().findNoRoomBeside(VAD, model("2")).orElseThrow()).contains("64 MB were free");
        models().trial(new Action.RunTrial(VAD, new AttemptId(new UUID(2, 9)), model("2"), null, Lane.SHADOWS));
        Await.until(() -> "the verdict", () -> has(Event.TrialEnded.class));
        shadow(model("2"));

        assertThat(ended().code()).isEqualTo("not-enough-ram");
        assertThat(alive()).isEqualTo(1);
        assertThat(notices()).as("the running model was not stopped").isEmpty();
    }

    @Test
    void a_shadow_gives_way_to_a_model_that_is_to_answer() throws Exception {
        ram.set(2 * WORKER_BYTES + (80L << 20));
        Installed v3 = model("3");
        start(model("1"), Phase.HEALTHY);
        AttemptId attempt = shadow(model("2"));
        assertThat(has(Event.ShadowStarted.class)).isTrue();

        start(v3, Phase.ACTIVATING);

        assertThat(ended().code()).isEqualTo("made-room");
        assertThat(ended().attempt()).isEqualTo(attempt);
        assertThat(answering()).isEqualTo(v3.artifact());
        assertThat(notices()).as("the old model had not to be stopped first").isEmpty();
    }

    @Test
    void a_shadow_is_the_first_to_end_when_memory_gets_short() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        shadow(model("2"));

        ram.set(SlotWorkers.RAM_RESERVE_BYTES - 1);
        models().served(Duration.ofSeconds(1));

        assertThat(ended().code()).isEqualTo("made-room");
        Await.until(() -> "one worker", () -> alive() == 1);
        assertThat(answering()).isEqualTo(v1.artifact());
    }

    @Test
    void a_shadow_whose_worker_crashes_is_told_with_the_reason() throws Exception {
        Installed v1 = model("1");
        start(v1, Phase.HEALTHY);
        AttemptId attempt = shadow(model("2"));

        workers.get(1).end(WorkerExit.Kind.OVER_MEMORY_LIMIT);

        assertThat(ended().code()).isEqualTo("over-memory-limit");
        assertThat(ended().attempt()).isEqualTo(attempt);
        assertThat(answering()).isEqualTo(v1.artifact());
    }

    @Test
    void a_shadow_s_file_that_the_disk_has_spoiled_is_not_loaded() throws Exception {
        start(model("1"), Phase.HEALTHY);
        Installed v2 = model("2");
        Files.writeString(new AgentHome(folder).model(v2.artifact()), "other");

        shadow(v2);

        assertThat(ended().code()).isEqualTo("model-spoiled");
        assertThat(alive()).isEqualTo(1);
    }
}
