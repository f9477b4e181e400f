package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Lane;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.agent.runtime.ForwardingModel;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.WorkerException;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.runtime.WorkerMemory;
import io.tinyfleet.agent.serve.ActiveModel;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The workers of one slot: the one that answers, and while its model is on probation the one before, loaded and silent,
 * as the quick way back. A new model is loaded beside the old one, the slot's one reference is switched, and the old one
 * ends after its last call. Where memory does not allow two, the old one ends first, and this is said.
 *
 * <p>Starts and stops happen one after the other on a thread of the slot's own. Methods may be called from any thread.
 */
final class SlotWorkers {
    /** RAM that stays free for the rest of the device when one more worker is loaded or one is kept for nothing. */
    static final long RAM_RESERVE_BYTES = 24L << 20;

    /** A call under way has 5 seconds and a worker 2 more to end. */
    private static final Duration END_LIMIT = Duration.ofSeconds(15);

    private static final EventLog LOG = EventLog.of("models");

    private final SlotName name;
    private final SlotServer server;
    private final Parts parts;
    private final ExecutorService thread;
    private final ShadowWorker shadow;

    /** Written by the slot's thread. */
    private volatile @Nullable Kept running;

    /** The one before; written by the slot's thread, and at the end. */
    private volatile @Nullable Kept warm;

    /** What slots have in common; {@code answers} must not block. */
    record Parts(
            AgentHome home, ModelStore store, ModelHost host, LongSupplier ramAvailable, Consumer<Event> answers) {}

    SlotWorkers(SlotName name, SlotServer server, Parts parts) {
        this.name = name;
        this.server = server;
        this.parts = parts;
        this.thread = WorkerModels.oneThread("start-" + name);
        this.shadow = new ShadowWorker(name, server, parts);
    }

    /** A loaded model under one activation. The slot's server closes it after its last call. */
    final class Kept extends ForwardingModel {
        private final Installed artifact;
        private volatile Phase phase;
        private volatile boolean staysWarm;

        /** What the loop has counted of it; belongs to the loop. */
        long counted;

        @Nullable Duration countedAt;

        Kept(Installed artifact, RunningModel model, Phase phase) {
            super(model);
            this.artifact = artifact;
            this.phase = phase;
        }

        Installed artifact() {
            return artifact;
        }

        /** The model itself: closing it ends its worker, warm or not. */
        RunningModel loaded() {
            return model();
        }

        private boolean runs(Installed other) {
            return artifact.artifact().equals(other.artifact());
        }

        @Override
        public void close() {
            if (!staysWarm) {
                model().close();
                return;
            }
            try {
                thread.execute(() -> park(this));
            } catch (RejectedExecutionException e) {
                // The agent is ending.
                model().close();
            }
        }

        private boolean isAlive() {
            return !exit().toCompletableFuture().isDone();
        }

        private void awaitEnd() {
            try {
                exit().toCompletableFuture().get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                LOG.warn("worker-ends-late", "slot", name, "pid", pid());
            }
        }
    }

    // ---- the shadow

    void startShadow(Action.StartShadow action) {
        thread.execute(() -> parts.answers().accept(shadow.started(action, lacksRam(action.artifact()))));
    }

    void stopShadow() {
        thread.execute(shadow::end);
    }

    /** What the shadow has done since the last call, or why it is over; empty without a shadow. */
    Optional<Event> findShadowServed(Duration uptime) {
        return shadow.findServed(uptime);
    }

    // ---- for the loop

    SlotServer server() {
        return server;
    }

    Optional<Kept> findRunning() {
        return Optional.ofNullable(running);
    }

    /** What stopping the model that answers would give back. */
    long ramBytes() {
        Kept now = running;
        return now == null ? 0 : now.stats().rssBytes();
    }

    void start(Action.StartModel action) {
        thread.execute(() -> parts.answers().accept(started(action)));
    }

    void stop() {
        thread.execute(() -> {
            running = null;
            server.deactivate();
            coolDown();
        });
    }

    void phase(Phase phase) {
        server.phase(phase);
        thread.execute(() -> {
            Kept now = running;
            if (now != null) {
                now.phase = phase;
            }
            if (!isOnTrial(phase)) {
                coolDown();
            }
        });
    }

    /** Has the trial made beside the running model when both fit, and otherwise in its place. */
    void trial(Action.RunTrial action, ExecutorService beside, Supplier<TrialOutcome> trial) {
        boolean fits = lacksRam(action.candidate()).isEmpty();
        Optional<String> noRoom =
                action.lane() == Lane.SHADOWS ? findNoRoomBeside(action.candidate()) : Optional.empty();
        if (noRoom.isPresent()) {
            parts.answers()
                    .accept(new Event.TrialEnded(
                            action.slot(),
                            action.attempt(),
                            new TrialOutcome.Failed("not-enough-ram", noRoom.get(), false)));
            return;
        }
        Runnable run = () -> parts.answers()
                .accept(new Event.TrialEnded(
                        action.slot(), action.attempt(), fits ? trial.get() : tried(action.candidate(), trial)));
        (fits ? beside : thread).execute(run);
    }

    void close() {
        thread.shutdown();
        running = null;
        shadow.end();
        server.close();
        coolDown();
    }

    // ---- on the slot's thread

    private Event started(Action.StartModel action) {
        Installed artifact = action.artifact();
        try {
            start(artifact, action.phase());
            return new Event.ModelStarted(name, artifact.artifact());
        } catch (StartException e) {
            return new Event.ModelStartFailed(name, artifact.artifact(), e.code, String.valueOf(e.getMessage()));
        }
    }

    /** A model does not run; {@code code} goes into reports. */
    private static final class StartException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String code;

        StartException(String code, String sentence) {
            super(sentence);
            this.code = code;
        }
    }

    private void start(Installed artifact, Phase phase) throws StartException {
        try {
            Optional<RunningModel> held = takeWarm(artifact);
            activate(new Kept(artifact, held.isPresent() ? held.get() : load(artifact), phase));
        } catch (WorkerException e) {
            throw new StartException(e.code().toString(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new StartException("disk-failed", "the model's file cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("start-refused", "slot", name, "reason", e);
            throw new StartException("start-refused", String.valueOf(e.getMessage()));
        }
    }

    private Optional<RunningModel> takeWarm(Installed artifact) {
        Kept kept = warm;
        if (kept == null || !kept.runs(artifact) || !kept.isAlive()) {
            return Optional.empty();
        }
        warm = null;
        LOG.info("model-was-warm", "slot", name, "model", named(artifact), "pid", kept.pid());
        return Optional.of(kept.loaded());
    }

    private RunningModel load(Installed artifact) throws WorkerException, StartException, IOException {
        if (!parts.store().holds(artifact.artifact())) {
            throw new StartException(
                    "model-spoiled", "the file of " + named(artifact) + " is missing or no longer has its hash");
        }
        Optional<Stopped> stopped = makeRoom(artifact);
        Path file = parts.store().modelFile(artifact.artifact());
        RunningModel model = parts.host().start(new ModelFile(file, artifact.artifact(), artifact.variant()));
        model.exit().thenAccept(exit -> exited(artifact.artifact(), exit));
        LOG.info("model-started", "slot", name, "model", named(artifact), "pid", model.pid());
        stopped.ifPresent(gap -> gap.say(artifact));
        return model;
    }

    /** The one step after which the other model answers. */
    private void activate(Kept next) {
        Kept before = running;
        // A model that was itself on probation is not what the slot goes back to: then the one before it stays.
        boolean wayBack =
                before != null && isOnTrial(next.phase) && before.phase == Phase.HEALTHY && !before.runs(next.artifact);
        if (before != null) {
            before.staysWarm = wayBack;
        }
        server.activate(new ActiveModel(next, next.artifact, next.phase));
        running = next;
        if (!isOnTrial(next.phase)) {
            coolDown();
        }
    }

    private void exited(Digest artifact, WorkerExit exit) {
        if (exit.kind() != WorkerExit.Kind.STOPPED) {
            String code = exit.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
            parts.answers().accept(new Event.ModelExited(name, artifact, code, exit.sentence()));
        }
    }

    // ---- the way back

    private static boolean isOnTrial(Phase phase) {
        return phase == Phase.ACTIVATING || phase == Phase.PROBATION;
    }

    /** Its last call has ended. */
    private void park(Kept old) {
        Kept now = running;
        boolean wanted = now != null && isOnTrial(now.phase) && old.staysWarm && old.isAlive();
        if (!wanted || parts.ramAvailable().getAsLong() < RAM_RESERVE_BYTES) {
            LOG.info("model-not-kept-warm", "slot", name, "model", named(old.artifact));
            old.loaded().close();
            return;
        }
        coolDown();
        warm = old;
        LOG.info("model-kept-warm", "slot", name, "model", named(old.artifact), "pid", old.pid());
    }

    private void coolDown() {
        Kept old = warm;
        warm = null;
        if (old != null) {
            old.loaded().close();
        }
    }

    /** From time to time: what is kept for nothing goes when memory is short, and then the shadow. */
    void checkRam() {
        if (parts.ramAvailable().getAsLong() < RAM_RESERVE_BYTES) {
            thread.execute(() -> {
                if (warm == null) {
                    shadow.giveWay("the device is short of memory");
                }
                coolDown();
            });
        }
    }

    // ---- memory

    /** Why a shadow would take memory from what answers, if so. */
    Optional<String> findNoRoomBeside(Installed artifact) {
        return lacksRam(artifact);
    }

    /** Why another worker does not fit beside those that run, if so. */
    private Optional<String> lacksRam(Installed artifact) {
        long needed = WorkerMemory.of(artifact.variant()).expectedBytes() + RAM_RESERVE_BYTES;
        long available = parts.ramAvailable().getAsLong();
        return available >= needed
                ? Optional.empty()
                : Optional.of(named(artifact) + " needs " + (needed >> 20) + " MB RAM beside the running model, "
                        + (available >> 20) + " MB were free");
    }

    /** An answering model that was ended to make room. */
    private final class Stopped {
        private final Kept model;
        private final String why;
        private final long atNanos = System.nanoTime();

        Stopped(Kept model, String why) {
            this.model = model;
            this.why = why;
        }

        void say(Installed artifact) {
            long millis = (System.nanoTime() - atNanos) / 1_000_000;
            String sentence = why + ": " + named(model.artifact) + " was stopped first, and nothing answered for "
                    + millis + " ms";
            parts.answers().accept(new Event.ModelNoticed(name, artifact.artifact(), "stopped-first", sentence));
        }
    }

    /** First the shadow goes, then what is kept for the way back, then what answers. */
    private Optional<Stopped> makeRoom(Installed artifact) {
        if (lacksRam(artifact).isPresent()) {
            shadow.giveWay(named(artifact) + " needs its memory");
        }
        Kept old = warm;
        if (lacksRam(artifact).isPresent() && old != null) {
            coolDown();
            old.awaitEnd();
        }
        Optional<String> why = lacksRam(artifact);
        Kept answering = running;
        if (why.isEmpty() || answering == null || !answering.isAlive()) {
            return Optional.empty();
        }
        Stopped stopped = new Stopped(answering, why.get());
        answering.staysWarm = false;
        running = null;
        server.deactivate();
        answering.awaitEnd();
        return Optional.of(stopped);
    }

    /** The trial in the place of the running model, which is started again before anything else happens. */
    private TrialOutcome tried(Installed candidate, Supplier<TrialOutcome> trial) {
        Optional<Stopped> stopped = makeRoom(candidate);
        TrialOutcome outcome = trial.get();
        stopped.ifPresent(gap -> {
            Kept old = gap.model;
            try {
                start(old.artifact, old.phase);
                gap.say(candidate);
            } catch (StartException e) {
                parts.answers()
                        .accept(new Event.ModelExited(
                                name, old.artifact.artifact(), e.code, String.valueOf(e.getMessage())));
            }
        });
        return outcome;
    }

    static String named(Installed artifact) {
        return artifact.model() + " " + artifact.version();
    }
}
