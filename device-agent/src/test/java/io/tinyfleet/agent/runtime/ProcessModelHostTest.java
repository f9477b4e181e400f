package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.runtime.TrialReport.Code;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.SelfTestVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real worker processes with real ONNX Runtime on models made here. */
class ProcessModelHostTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path home;

    @TempDir
    Path files;

    private ProcessModelHost host;

    @BeforeEach
    void open() throws IOException {
        host = ProcessModelHost.at(home, WorkerSettings.DEFAULT, SysRoot.MACHINE);
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void a_model_answers_and_says_what_it_used() throws Exception {
        try (RunningModel model = host.start(doubling())) {
            List<Tensor> answer = model.infer(List.of(Models.floats("x", 1, 2, 3)), SOON);
            assertThat(answer).hasSize(1);
            assertThat(answer.get(0).name()).isEqualTo("sum");
            assertThat(answer.get(0).floatAt(2)).isEqualTo(6f);
            List<Tensor> next = model.infer(List.of(Models.floats("x", 4, 5, 6)), SOON);
            assertThat(next.get(0).floatAt(2)).isEqualTo(12f);
            assertThat(answer.get(0).floatAt(2))
                    .as("an answer belongs to the caller")
                    .isEqualTo(6f);
            assertThat(model.stats().rssPeakBytes()).isGreaterThan(10_000_000);
            assertThat(model.stats().cpu()).isPositive();
        }
    }

    @Test
    void shapes_may_depend_on_the_values() throws Exception {
        Path path = OnnxFile.write(files, "nonzero.onnx", OnnxFile.nonZero(3));
        try (RunningModel model = host.start(Models.onnx(path))) {
            for (int round = 0; round < 2; round++) {
                assertThat(shapeOf(model, 1, 1, 1)).containsExactly(2, 3);
                assertThat(shapeOf(model, 0, 0, 0)).containsExactly(2, 0);
                assertThat(shapeOf(model, 0, 1, 0)).containsExactly(2, 1);
            }
        }
    }

    @Test
    void a_sound_model_passes_its_trial() throws Exception {
        TrialReport report = trial(doubling(), vector(2, 4));
        assertThat(report).isInstanceOf(TrialReport.Passed.class);
        assertThat(((TrialReport.Passed) report).rssBytes()).isGreaterThan(10_000_000);
    }

    @Test
    void a_wrong_answer_fails_the_trial_and_is_named() throws Exception {
        assertFailed(
                trial(doubling(), vector(1, 2), vector(2, 4), vector(3, 6.5f)),
                Code.SELF_TEST_FAILED,
                "output 'sum' of vector 2, element 0: got 6.00000, expected 6.50000 ± 0.00100");
    }

    @Test
    void not_a_number_never_passes() throws Exception {
        Path path = OnnxFile.write(files, "nan.onnx", OnnxFile.notANumber(3));
        assertFailed(trial(Models.onnx(path), vector(1, 2)), Code.SELF_TEST_FAILED, "got NaN, expected 2.0");
        assertFailed(trial(Models.onnx(path), vector(1, Float.NaN)), Code.SELF_TEST_FAILED, "got NaN, expected NaN");
        assertFailed(
                trial(doubling(), vector(Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY)),
                Code.SELF_TEST_FAILED,
                "got Infinity, expected Infinity");
    }

    @Test
    void a_self_test_that_does_not_fit_is_refused() throws Exception {
        Tensor three = Models.floats("x", 1, 2, 3);
        Tensor four = Models.floats("x", 1, 2, 3, 4);
        Tensor sum = Models.floats("sum", 2, 4, 6);
        assertFailed(trial(doubling()), Code.SELF_TEST_UNREADABLE, "has no vectors");
        assertFailed(
                trial(
                        doubling(),
                        SelfTestVector.newBuilder().addInputs(three.toProto()).build()),
                Code.SELF_TEST_UNREADABLE,
                "vector 0 of the self-test expects no outputs");
        assertFailed(trial(doubling(), Models.vector(four, sum)), Code.SELF_TEST_UNREADABLE, "input 'x' is FLOAT32");
        assertFailed(
                trial(doubling(), Models.vector(Models.floats("y", 1, 2, 3), sum)),
                Code.SELF_TEST_UNREADABLE,
                "the model takes the inputs [x]");
        assertFailed(
                trial(doubling(), Models.vector(three, Models.floats("total", 2, 4, 6))),
                Code.SELF_TEST_FAILED,
                "expects an output 'total'");
        assertFailed(
                trial(doubling(), Models.vector(three, Models.floats("sum", 2, 4))),
                Code.SELF_TEST_FAILED,
                "expected 'sum' FLOAT32[1, 2]");
    }

    @Test
    void a_self_test_that_is_not_protobuf_or_missing_is_refused() throws Exception {
        Path torn = Files.write(files.resolve("torn.pb"), new byte[] {10, 100, 1});
        assertFailed(
                host.trial(doubling(), new SelfTestFile(torn, 0, 0), TrialLimits.DEFAULT),
                Code.SELF_TEST_UNREADABLE,
                "the self-test cannot be read");
        assertFailed(
                host.trial(doubling(), new SelfTestFile(files.resolve("none"), 0, 0), TrialLimits.DEFAULT),
                Code.SELF_TEST_UNREADABLE,
                "the self-test cannot be read");
    }

    @Test
    void a_corrupt_truncated_or_foreign_file_fails_to_load() throws Exception {
        byte[] sound = OnnxFile.doubling(3);
        for (byte[] bad : List.of(
                new byte[0],
                Arrays.copyOf(sound, sound.length / 2),
                Arrays.copyOf(sound, sound.length - 1),
                "GIF89a and so on".getBytes(java.nio.charset.StandardCharsets.UTF_8))) {
            Path path = OnnxFile.write(files, "bad.onnx", bad);
            assertFailed(trial(Models.onnx(path), vector(1, 2)), Code.LOAD_FAILED, "cannot load the model");
        }
        ModelFile gguf =
                Models.of(OnnxFile.write(files, "m.gguf", sound), ModelFormat.GGUF, Pipeline.getDefaultInstance());
        assertFailed(trial(gguf, vector(1, 2)), Code.LOAD_FAILED, "no runtime here runs models of format GGUF");
    }

    @Test
    void a_pipeline_that_does_not_fit_the_model_is_refused() throws Exception {
        ModelFile other = Models.onnx(doubling().path(), Models.recurrentPipeline(0, 3));
        assertFailed(trial(other, vector(1, 2)), Code.PIPELINE_MISMATCH, "feeds the input 'state'");
        WorkerException refused = catchThrowableOfType(WorkerException.class, () -> host.start(other));
        assertThat(refused.code()).isEqualTo(Code.PIPELINE_MISMATCH);
        Path recurrent = OnnxFile.write(files, "recurrent.onnx", OnnxFile.recurrent(4));
        assertFailed(
                trial(Models.onnx(recurrent, Models.recurrentPipeline(2, 3)), vector(1, 2)),
                Code.PIPELINE_MISMATCH,
                "'x' as FLOAT32[1, 5], the model has it as FLOAT32[1, 4]");
    }

    @Test
    void a_model_over_its_budgets_is_refused() throws Exception {
        SelfTestFile vectors = Models.selfTest(files.resolve("v.pb"), vector(1, 2));
        TrialLimits byDefault = TrialLimits.DEFAULT;
        TrialLimits littleRam = new TrialLimits(
                byDefault.start(),
                byDefault.load(),
                byDefault.selfTest(),
                OptionalLong.of(1000),
                OptionalDouble.empty());
        assertFailed(host.trial(doubling(), vectors, littleRam), Code.OVER_RAM_BUDGET, "the budget is 0.0 MB");
        TrialLimits littleTime = new TrialLimits(
                byDefault.start(),
                byDefault.load(),
                byDefault.selfTest(),
                OptionalLong.empty(),
                OptionalDouble.of(1e-6));
        assertFailed(host.trial(doubling(), vectors, littleTime), Code.OVER_LATENCY_BUDGET, "95 of 100");
    }

    @Test
    void a_model_that_hangs_fails_its_trial_in_time() throws Exception {
        ModelFile endless = Models.onnx(OnnxFile.write(files, "endless.onnx", OnnxFile.endless(3)));
        SelfTestFile vectors = Models.selfTest(files.resolve("v.pb"), vector(1, 2));
        TrialLimits limits =
                new TrialLimits(SOON, SOON, Duration.ofMillis(500), OptionalLong.empty(), OptionalDouble.empty());
        assertFailed(host.trial(endless, vectors, limits), Code.WORKER_TIMEOUT, "SELFTEST took longer than 500 ms");
    }

    @Test
    void a_call_that_misses_its_deadline_ends_the_worker() throws Exception {
        ModelFile endless = Models.onnx(OnnxFile.write(files, "endless.onnx", OnnxFile.endless(3)));
        try (RunningModel model = host.start(endless)) {
            assertInference(
                    model, Models.floats("x", 1, 2, 3), InferenceException.Reason.DEADLINE, Duration.ofMillis(300));
            assertThat(exitOf(model).kind()).isEqualTo(WorkerExit.Kind.KILLED_BY_DEADLINE);
            assertInference(model, Models.floats("x", 1, 2, 3), InferenceException.Reason.WORKER_GONE, SOON);
        }
    }

    @Test
    void bad_tensors_are_refused_and_the_worker_goes_on() throws Exception {
        try (RunningModel model = host.start(doubling())) {
            assertInference(model, Models.floats("y", 1, 2, 3), InferenceException.Reason.BAD_INPUT, SOON);
            assertInference(model, Models.floats("x", 1, 2), InferenceException.Reason.BAD_INPUT, SOON);
            assertInference(
                    model, Tensor.zeros("x", ElementType.INT64, 1, 3), InferenceException.Reason.BAD_INPUT, SOON);
            assertInference(
                    model, Tensor.zeros("x", ElementType.FLOAT32, 3), InferenceException.Reason.BAD_INPUT, SOON);
            Tensor huge = Tensor.zeros("x", ElementType.FLOAT32, 1, 1 << 20);
            assertInference(model, huge, InferenceException.Reason.TOO_LARGE, SOON);
            Tensor x = Models.floats("x", 1, 2, 3);
            assertThatThrownBy(() -> model.infer(List.of(), SOON)).isInstanceOf(InferenceException.class);
            assertThatThrownBy(() -> model.infer(List.of(x, x), SOON)).isInstanceOf(InferenceException.class);
            assertThat(model.infer(List.of(x), SOON).get(0).floatAt(0)).isEqualTo(2f);
        }
    }

    @Test
    void a_crash_of_native_code_is_told_from_a_kill_and_from_a_stop() throws Exception {
        assertThat(exitAfterSignal("SEGV").kind()).isEqualTo(WorkerExit.Kind.MODEL_CRASH);
        assertThat(exitAfterSignal("ABRT").kind()).isEqualTo(WorkerExit.Kind.MODEL_CRASH);
        assertThat(exitAfterSignal("KILL").kind()).isEqualTo(WorkerExit.Kind.OUT_OF_MEMORY);
        RunningModel stopped = host.start(doubling());
        stopped.close();
        assertThat(exitOf(stopped).kind()).isEqualTo(WorkerExit.Kind.STOPPED);
    }

    @Test
    void a_worker_that_no_longer_moves_is_killed_by_its_heartbeat() throws Exception {
        WorkerSettings often = new WorkerSettings(
                WorkerSettings.DEFAULT.javaCommand(),
                24,
                WorkerSettings.DEFAULT.maxFrameBytes(),
                Duration.ofMillis(100));
        try (ProcessModelHost watchful = ProcessModelHost.at(home, often, SysRoot.MACHINE);
                RunningModel model = watchful.start(doubling())) {
            signal("STOP", model.pid());
            assertThat(exitOf(model).kind()).isEqualTo(WorkerExit.Kind.KILLED_BY_DEADLINE);
        }
    }

    @Test
    void a_model_that_takes_more_memory_than_it_may_is_ended_and_told_so() throws Exception {
        ModelFile hungry = Models.onnx(OnnxFile.write(files, "hungry.onnx", OnnxFile.hungry(2048)));
        long limit = WorkerMemory.of(hungry.variant()).limitBytes();
        assertThat(limit).isBetween(128L << 20, 256L << 20);

        assertFailed(
                host.trial(
                        hungry,
                        Models.selfTest(
                                files.resolve("v"), Models.vector(Models.floats("x", 1), Models.floats("sum", 1))),
                        TrialLimits.DEFAULT),
                Code.WORKER_OUT_OF_MEMORY,
                "its limit is " + (limit >> 20) + " MB");
        try (RunningModel model = host.start(hungry)) {
            assertInference(model, Models.floats("x", 1), InferenceException.Reason.WORKER_GONE, SOON);
            assertThat(exitOf(model).kind()).isEqualTo(WorkerExit.Kind.OVER_MEMORY_LIMIT);
        }
    }

    @Test
    void a_worker_ends_with_its_agent_even_in_the_middle_of_an_inference() throws Exception {
        Path model = OnnxFile.write(files, "endless.onnx", OnnxFile.endless(3));
        Process agent = new ProcessBuilder(
                        WorkerSettings.DEFAULT.javaCommand().get(0),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AgentStandIn.class.getName(),
                        files.resolve("home").toString(),
                        model.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var out = agent.inputReader()) {
            long workerPid = Long.parseLong(out.readLine());
            ProcessHandle worker = ProcessHandle.of(workerPid).orElseThrow();
            agent.destroyForcibly();
            worker.onExit().get(SOON.toSeconds(), TimeUnit.SECONDS);
            assertThat(worker.isAlive()).isFalse();
        }
        assertThat(agent.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        ProcessModelHost.at(files.resolve("home"), WorkerSettings.DEFAULT, SysRoot.MACHINE)
                .close();
        assertThat(files.resolve("home/run")).isEmptyDirectory();
    }

    @Test
    void a_killed_worker_leaves_nothing_behind() throws Exception {
        RunningModel model = host.start(doubling());
        List<String> libraries = onnxLibrariesOf(model.pid());
        assertThat(libraries).hasSize(2).allMatch(path -> path.startsWith(home.resolve("native") + "/"));
        assertThat(home.resolve("run")).isNotEmptyDirectory();
        signal("KILL", model.pid());
        exitOf(model);
        assertThat(home.resolve("run")).isEmptyDirectory();
        assertThat(names(home.resolve("native"))).singleElement().asString().startsWith("onnxruntime-1.23.2-");
    }

    @Test
    void this_process_loads_no_native_library_of_a_runtime() throws Exception {
        assertThat(trial(doubling(), vector(2, 4))).isInstanceOf(TrialReport.Passed.class);
        assertThat(onnxLibrariesOf(ProcessHandle.current().pid())).isEmpty();
    }

    @Test
    void a_model_outlives_its_host_and_still_stops() throws Exception {
        RunningModel model = host.start(doubling());
        host.close();
        assertThat(model.infer(List.of(Models.floats("x", 1, 2, 3)), SOON)).hasSize(1);
        model.close();
        assertThat(exitOf(model).kind()).isEqualTo(WorkerExit.Kind.STOPPED);
    }

    @Test
    void a_home_too_deep_for_a_socket_works_all_the_same() throws Exception {
        Path deep = home.resolve("d".repeat(100)).resolve("e".repeat(100));
        try (ProcessModelHost there = ProcessModelHost.at(deep, WorkerSettings.DEFAULT, SysRoot.MACHINE);
                RunningModel model = there.start(doubling())) {
            assertThat(model.infer(List.of(Models.floats("x", 1, 2, 3)), SOON)).hasSize(1);
        }
    }

    @Test
    void a_worker_is_taken_first_when_memory_is_short() throws Exception {
        try (RunningModel model = host.start(doubling())) {
            Path adjustment = Path.of("/proc/" + model.pid() + "/oom_score_adj");
            assertThat(Files.readString(adjustment).strip()).isEqualTo("500");
        }
    }

    @Test
    void a_java_command_that_does_not_work_says_nothing_about_the_model() throws Exception {
        for (List<String> command : List.of(List.of("/no/such/java"), List.of("/bin/false"))) {
            WorkerSettings broken = WorkerSettings.DEFAULT.withJavaCommand(command);
            try (ProcessModelHost there = ProcessModelHost.at(home, broken, SysRoot.MACHINE)) {
                assertFailed(
                        there.trial(doubling(), null, TrialLimits.DEFAULT),
                        Code.WORKER_UNAVAILABLE,
                        "no worker could be started");
                WorkerException refused = catchThrowableOfType(WorkerException.class, () -> there.start(doubling()));
                assertThat(refused.code()).isEqualTo(Code.WORKER_UNAVAILABLE);
            }
            assertThat(home.resolve("run")).isEmptyDirectory();
        }
    }

    private ModelFile doubling() throws IOException {
        return Models.onnx(OnnxFile.write(files, "doubling.onnx", OnnxFile.doubling(3)));
    }

    private TrialReport trial(ModelFile model, SelfTestVector... vectors) throws IOException {
        return host.trial(model, Models.selfTest(files.resolve("vectors.pb"), vectors), TrialLimits.DEFAULT);
    }

    private static SelfTestVector vector(float x, float sum) {
        return Models.vector(Models.floats("x", x, x, x), Models.floats("sum", sum, sum, sum));
    }

    private static long[] shapeOf(RunningModel model, float... x) throws InferenceException {
        return model.infer(List.of(Models.floats("x", x)), SOON).get(0).shape();
    }

    private WorkerExit exitAfterSignal(String name) throws Exception {
        try (RunningModel model = host.start(doubling())) {
            signal(name, model.pid());
            return exitOf(model);
        }
    }

    private static WorkerExit exitOf(RunningModel model) throws Exception {
        return model.exit().toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    private static List<String> onnxLibrariesOf(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
                .filter(line -> line.contains("onnxruntime") && line.endsWith(".so"))
                .map(line -> line.substring(line.indexOf('/')))
                .distinct()
                .toList();
    }

    private static void assertFailed(TrialReport report, Code code, String part) {
        assertThat(report).isInstanceOf(TrialReport.Failed.class);
        TrialReport.Failed failed = (TrialReport.Failed) report;
        assertThat(failed.code()).as(failed.sentence()).isEqualTo(code);
        assertThat(failed.sentence()).contains(part);
    }

    private static void assertInference(
            RunningModel model, Tensor input, InferenceException.Reason reason, Duration deadline) {
        InferenceException refused =
                catchThrowableOfType(InferenceException.class, () -> model.infer(List.of(input), deadline));
        assertThat(refused.reason()).isEqualTo(reason);
    }
}
