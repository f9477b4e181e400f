package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.Board;
import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Each model in a JVM of its own: same class path as the agent, other main class. */
public final class ProcessModelHost implements ModelHost, AutoCloseable {

    private static final EventLog LOG = EventLog.of("runtime");
    private static final String WORKER_CLASS = "io.tinyfleet.agent.runtime.worker.Worker";

    /** The kernel takes a worker before the agent, and before most else, when memory is short. */
    private static final String OOM_SCORE_ADJUSTMENT = "500";

    /** And of two workers the one that nobody waits for. */
    private static final String OOM_SCORE_ADJUSTMENT_BEHIND = "800";

    /** A tenth of what others get when there is not enough: a worker starved for longer would miss its heartbeat. */
    private static final List<String> BEHIND = List.of("nice", "-n", "10");

    /** Connecting takes milliseconds once the worker runs; how long we look before checking that it still does. */
    private static final long ACCEPT_STEP_MILLIS = 50;

    private final Path run;
    private final WorkerSettings settings;
    private final SysRoot system;
    private final InferenceRuntimes runtimes;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, task -> {
        Thread thread = new Thread(task, "worker-watch");
        thread.setDaemon(true);
        return thread;
    });

    private ProcessModelHost(Path run, WorkerSettings settings, SysRoot system, InferenceRuntimes runtimes) {
        this.run = run;
        this.settings = settings;
        this.system = system;
        this.runtimes = runtimes;
    }

    /** Owns {@code home/run} and {@code home/native}. The caller holds the home's lock. */
    public static ProcessModelHost at(Path home, WorkerSettings settings, SysRoot system) throws IOException {
        Path absolute = home.toAbsolutePath().normalize();
        Path run = RunFolder.clearOrElsewhere(absolute.resolve("run"));
        Board board = new Board(system, System.getProperty("os.arch"));
        return new ProcessModelHost(run, settings, system, InferenceRuntimes.find(absolute, board));
    }

    @Override
    public List<Runtime> runtimes() {
        return runtimes.reported();
    }

    @Override
    public TrialReport trial(ModelFile model, @Nullable SelfTestFile vectors, TrialLimits limits) {
        try (WorkerProcess worker = launch(model, limits.start(), false)) {
            return new Trial(worker, model, vectors, limits).run();
        } catch (IOException e) {
            return new TrialReport.Failed(
                    TrialReport.Code.WORKER_UNAVAILABLE, "no worker could be started: " + e.getMessage());
        }
    }

    @Override
    public RunningModel start(ModelFile model) throws WorkerException {
        return start(model, false);
    }

    @Override
    public RunningModel startBehind(ModelFile model) throws WorkerException {
        return start(model, true);
    }

    private RunningModel start(ModelFile model, boolean behind) throws WorkerException {
        WorkerProcess worker;
        try {
            worker = launch(model, TrialLimits.DEFAULT.start(), behind);
        } catch (IOException e) {
            throw new WorkerException(
                    TrialReport.Code.WORKER_UNAVAILABLE, "no worker could be started: " + e.getMessage());
        }
        try {
            Loaded loaded = Loaded.in(worker, model, TrialLimits.DEFAULT.load());
            LOG.info(
                    "worker-started",
                    "pid",
                    worker.pid(),
                    "artifact",
                    model.sha256().shortHex(),
                    "load_ms",
                    loaded.nanos() / 1_000_000);
            worker.watch(settings.heartbeat());
            return new WorkerModel(worker);
        } catch (WorkerException e) {
            worker.close();
            throw e;
        }
    }

    /** Workers that still run are stopped by their owners; this ends only the watch over them. */
    @Override
    public void close() {
        timer.shutdown();
    }

    private WorkerProcess launch(ModelFile model, Duration deadline, boolean behind) throws IOException {
        RunFolder folder = RunFolder.create(run);
        Process process = null;
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(folder.socket()), 1);
            List<String> command = command(folder, model.variant().getTarget().getFormat());
            process = new ProcessBuilder(behind ? behind(command) : command)
                    .directory(folder.folder().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.log().toFile())
                    .start();
            system.write(
                    "proc/" + process.pid() + "/oom_score_adj",
                    behind ? OOM_SCORE_ADJUSTMENT_BEHIND : OOM_SCORE_ADJUSTMENT);
            long deadlineNanos = System.nanoTime() + deadline.toNanos();
            FrameChannel channel = FrameChannel.withDeadlines(
                    accept(listener, process, folder, deadlineNanos), settings.maxFrameBytes());
            folder.deleteSocket();
            requireReady(channel, deadlineNanos);
            WorkerProcess worker = new WorkerProcess(process, channel, folder, system, timer);
            worker.limitMemory(WorkerMemory.of(model.variant()).limitBytes());
            return worker;
        } catch (IOException | RuntimeException e) {
            if (process != null) {
                process.destroyForcibly();
            }
            folder.delete();
            throw e;
        }
    }

    /** Where a board has no {@code nice}, as only very small systems do, the worker gets what all get. */
    private static List<String> behind(List<String> command) {
        if (!Files.isExecutable(Path.of("/usr/bin/nice"))) {
            return command;
        }
        List<String> nice = new ArrayList<>(BEHIND);
        nice.addAll(command);
        return nice;
    }

    private static SocketChannel accept(
            ServerSocketChannel listener, Process process, RunFolder folder, long deadlineNanos) throws IOException {
        listener.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            listener.register(selector, SelectionKey.OP_ACCEPT);
            while (System.nanoTime() - deadlineNanos < 0) {
                selector.select(key -> {}, ACCEPT_STEP_MILLIS);
                SocketChannel connected = listener.accept();
                if (connected != null) {
                    return connected;
                }
                if (!process.isAlive()) {
                    throw new IOException("it ended with status " + process.exitValue() + ": " + folder.lastLogLine());
                }
            }
        }
        throw new IOException("it did not connect in time");
    }

    private static void requireReady(FrameChannel channel, long deadlineNanos) throws IOException {
        boolean greeted = channel.receive(deadlineNanos) && channel.op() == Op.READY;
        if (!greeted || channel.payload().getInt() != WorkerProtocol.VERSION) {
            throw new FrameException("it does not speak version " + WorkerProtocol.VERSION + " of the worker protocol");
        }
    }

    private List<String> command(RunFolder folder, ModelFormat format) throws IOException {
        List<String> command = new ArrayList<>(settings.javaCommand());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xms4m",
                "-Xmx" + settings.heapMegabytes() + "m",
                "-Xss256k",
                "-XX:ReservedCodeCacheSize=16m",
                "-XX:MaxMetaspaceSize=32m",
                "-XX:StringTableSize=4096",
                "-XX:MaxDirectMemorySize=" + settings.directBytes(),
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:ErrorFile=" + folder.folder().resolve("crash"),
                "-Djava.io.tmpdir=" + folder.temporary()));
        command.addAll(ClassArchive.flags(format));
        command.addAll(runtimes.workerFlags(format, folder.temporary()));
        command.addAll(List.of(
                "-cp",
                absoluteClassPath(),
                WORKER_CLASS,
                folder.socket().toString(),
                String.valueOf(settings.maxFrameBytes())));
        return command;
    }

    /** The worker has another working folder. */
    static String absoluteClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** A model that a worker has loaded, and the check that its release's pipeline can feed it. */
    record Loaded(long nanos, List<TensorSpec> inputs, List<TensorSpec> outputs) {

        static Loaded in(WorkerProcess worker, ModelFile model, Duration deadline) throws WorkerException {
            String path = model.path().toAbsolutePath().toString();
            int format = model.variant().getTarget().getFormatValue();
            try {
                Loaded loaded = worker.call(
                        Op.LOAD,
                        Integer.BYTES + Payloads.textBytes(path),
                        payload -> Payloads.putText(payload.putInt(format), path),
                        payload ->
                                new Loaded(payload.getLong(), Payloads.getSpecs(payload), Payloads.getSpecs(payload)),
                        deadline);
                Optional<String> misfit =
                        PipelineFit.findMisfit(model.variant().getPipeline(), loaded.inputs, loaded.outputs);
                if (misfit.isPresent()) {
                    throw new WorkerException(TrialReport.Code.PIPELINE_MISMATCH, misfit.get());
                }
                return loaded;
            } catch (WorkerProcess.RefusedByWorkerException e) {
                throw new WorkerException(TrialReport.Code.LOAD_FAILED, String.valueOf(e.getMessage()));
            } catch (FrameTooLargeException e) {
                throw new WorkerException(TrialReport.Code.LOAD_FAILED, String.valueOf(e.getMessage()));
            } catch (WorkerProcess.GoneException e) {
                throw gone(worker, e, "while it loaded the model");
            }
        }

        private static TrialReport.Code codeOf(WorkerExit.Kind kind) {
            return switch (kind) {
                case OUT_OF_MEMORY, OVER_MEMORY_LIMIT -> TrialReport.Code.WORKER_OUT_OF_MEMORY;
                case KILLED_BY_DEADLINE -> TrialReport.Code.WORKER_TIMEOUT;
                case STOPPED, MODEL_CRASH, UNEXPECTED -> TrialReport.Code.WORKER_CRASHED;
            };
        }

        static WorkerException gone(WorkerProcess worker, WorkerProcess.GoneException gone, String when) {
            if (gone.byDeadline) {
                return new WorkerException(TrialReport.Code.WORKER_TIMEOUT, gone.getMessage() + " " + when);
            }
            WorkerExit exit = worker.awaitExit();
            return new WorkerException(codeOf(exit.kind()), exit.sentence() + " " + when);
        }
    }
}
