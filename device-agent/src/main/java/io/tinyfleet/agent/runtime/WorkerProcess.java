package io.tinyfleet.agent.runtime;

import io.tinyfleet.agent.board.SysRoot;
import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A worker that has connected. Requests wait for one another; one that misses its deadline ends the worker. */
final class WorkerProcess implements AutoCloseable {

    private static final EventLog LOG = EventLog.of("runtime");
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);
    private static final Duration HEARTBEAT_DEADLINE = Duration.ofSeconds(2);

    /** How often its memory is read: a model that takes 200 MB a second is over its limit by 50 MB at most. */
    private static final Duration MEMORY_STEP = Duration.ofMillis(250);

    private final Process process;
    private final FrameChannel channel;
    private final ProcessUsage usage;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<WorkerExit> exit;
    private final ReentrantLock calls = new ReentrantLock();
    private long nextId = 1;
    private volatile WorkerStats lastStats = WorkerStats.UNKNOWN;

    /** Why we ended it, if we did; read when it has ended. */
    private volatile @Nullable String killReason;

    /** It was ended for the memory that it took. */
    private volatile boolean overMemory;

    private volatile boolean stopping;

    /** The connection ended before anybody asked for it: what is called stopping afterwards is only tidying up. */
    private volatile boolean lost;

    WorkerProcess(
            Process process, FrameChannel channel, RunFolder folder, SysRoot system, ScheduledExecutorService timer) {
        this.process = process;
        this.channel = channel;
        this.usage = new ProcessUsage(system, process.pid());
        this.timer = timer;
        this.exit = process.onExit().thenApply(ended -> {
            WorkerExit reason = classify(ended.exitValue(), folder);
            closeQuietly(folder);
            return reason;
        });
    }

    /** Fills a request's payload. */
    @FunctionalInterface
    interface Request {
        void write(ByteBuffer payload);
    }

    /** Reads an answer's payload, before the next request overwrites it. */
    @FunctionalInterface
    interface Answer<T> {
        T read(ByteBuffer payload) throws FrameException;
    }

    /** A request that the worker refused; it goes on. */
    static final class RefusedByWorkerException extends Exception {

        private static final long serialVersionUID = 1L;

        final Refusal refusal;

        RefusedByWorkerException(Refusal refusal, String sentence) {
            super(sentence);
            this.refusal = refusal;
        }
    }

    /** The worker is gone, or is about to be. */
    static final class GoneException extends Exception {

        private static final long serialVersionUID = 1L;

        final boolean byDeadline;

        GoneException(boolean byDeadline, String sentence) {
            super(sentence);
            this.byDeadline = byDeadline;
        }
    }

    <T> T call(Op op, long payloadBytes, Request request, Answer<T> answer, Duration deadline)
            throws RefusedByWorkerException, GoneException, FrameTooLargeException {
        calls.lock();
        try {
            request.write(channel.begin(payloadBytes));
            return exchange(op, answer, deadline);
        } catch (FrameChannel.DeadlinePassedException e) {
            throw killed(op + " took longer than " + deadline.toMillis() + " ms");
        } catch (FrameException e) {
            kill("it broke the protocol: " + e.getMessage());
            throw new GoneException(false, "the worker broke the protocol: " + e.getMessage());
        } catch (IOException | ClosedSelectorException | CancelledKeyException e) {
            // The connection is closed as soon as the process has ended, maybe while we wait on it.
            throw gone();
        } finally {
            calls.unlock();
        }
    }

    private <T> T exchange(Op op, Answer<T> answer, Duration deadline)
            throws IOException, RefusedByWorkerException, GoneException {
        long id = nextId++;
        long deadlineNanos = System.nanoTime() + deadline.toNanos();
        channel.send(id, op, (int) Math.min(deadline.toMillis(), Integer.MAX_VALUE), deadlineNanos);
        if (!channel.receive(deadlineNanos)) {
            throw gone();
        }
        if (channel.id() != id) {
            throw new FrameException("request " + id + " was answered as " + channel.id());
        }
        if (channel.op() == Op.REFUSED) {
            Refusal refusal = Refusal.fromCode(channel.payload().get());
            throw new RefusedByWorkerException(refusal, Payloads.getText(channel.payload()));
        }
        if (channel.op() != Op.OK) {
            throw new FrameException("an answer is OK or REFUSED, got " + channel.op());
        }
        return answer.read(channel.payload());
    }

    /** Asks for a sign of life now and then; a call under way has a deadline of its own. */
    void watch(Duration heartbeat) {
        var beat = timer.scheduleWithFixedDelay(
                this::beat, heartbeat.toMillis(), heartbeat.toMillis(), TimeUnit.MILLISECONDS);
        exit.whenComplete((reason, failure) -> beat.cancel(false));
    }

    /** Ends it when it takes more resident memory than that. */
    void limitMemory(long limitBytes) {
        long step = MEMORY_STEP.toMillis();
        var check = timer.scheduleWithFixedDelay(() -> check(limitBytes), step, step, TimeUnit.MILLISECONDS);
        exit.whenComplete((reason, failure) -> check.cancel(false));
    }

    private void check(long limitBytes) {
        long rss = usage.rssBytes();
        if (rss > limitBytes && !stopping && killReason == null) {
            overMemory = true;
            kill("it took " + (rss >> 20) + " MB of memory, its limit is " + (limitBytes >> 20) + " MB");
        }
    }

    private void beat() {
        if (stopping || !calls.tryLock()) {
            return;
        }
        try {
            stats();
            call(Op.STATS, 0, payload -> {}, ByteBuffer::getLong, HEARTBEAT_DEADLINE);
        } catch (RefusedByWorkerException | GoneException | FrameTooLargeException e) {
            LOG.warn("worker-heartbeat-missed", "pid", pid(), "reason", String.valueOf(e.getMessage()));
        } finally {
            calls.unlock();
        }
    }

    WorkerStats stats() {
        usage.read().ifPresent(read -> lastStats = read);
        return lastStats;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Dependents cannot complete or cancel what they are given. */
    CompletionStage<WorkerExit> exit() {
        return exit.minimalCompletionStage();
    }

    /** Waits for the end of a worker that is known to be ending. */
    WorkerExit awaitExit() {
        try {
            return exit.get(STOP_GRACE.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return WorkerExit.killedByDeadline(-1, "the agent was interrupted");
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            kill("it did not end");
            return WorkerExit.killedByDeadline(-1, "it did not end");
        }
    }

    private GoneException gone() {
        lost = !stopping;
        return new GoneException(false, "the worker is gone");
    }

    private GoneException killed(String why) {
        kill(why);
        return new GoneException(true, why);
    }

    void kill(String why) {
        if (!stopping && killReason == null) {
            killReason = why;
        }
        process.destroyForcibly();
    }

    /** Returns at once. A worker in the middle of a call ends after it, or is killed. */
    @Override
    public void close() {
        stopping = !lost;
        try {
            timer.execute(this::stop);
            timer.schedule(process::destroyForcibly, STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // The host was closed first: nobody is left to wait for an orderly end.
            process.destroyForcibly();
        }
    }

    private void stop() {
        try {
            if (!calls.tryLock(STOP_GRACE.toMillis() / 2, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return;
        }
        try {
            call(Op.STOP, 0, payload -> {}, payload -> true, STOP_GRACE);
        } catch (RefusedByWorkerException | GoneException | FrameTooLargeException e) {
            process.destroyForcibly();
        } finally {
            calls.unlock();
        }
    }

    private WorkerExit classify(int status, RunFolder folder) {
        String reason = killReason;
        if (reason != null && overMemory) {
            return WorkerExit.overMemoryLimit(status, reason);
        }
        if (reason != null) {
            return WorkerExit.killedByDeadline(status, reason);
        }
        return stopping ? WorkerExit.stopped(status) : WorkerExit.unasked(status, folder.lastLogLine());
    }

    private void closeQuietly(RunFolder folder) {
        try {
            channel.close();
            folder.delete();
        } catch (IOException e) {
            LOG.warn("worker-folder-left", "reason", String.valueOf(e.getMessage()));
        }
    }
}
