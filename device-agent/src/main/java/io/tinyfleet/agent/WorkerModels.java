package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ModelHost;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.SelfTestFile;
import io.tinyfleet.agent.runtime.TrialLimits;
import io.tinyfleet.agent.runtime.TrialReport;
import io.tinyfleet.agent.runtime.WorkerException;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.serve.ActiveModel;
import io.tinyfleet.agent.serve.SlotHealth;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@link Models} by worker processes. Starts and stops of one slot happen one after the other, trials beside them. */
final class WorkerModels implements Models {
    /** Inferences before a latency budget is judged: the first ones of a worker warm it up. */
    private static final long ENOUGH_FOR_LATENCY = 100;

    /** Failed inferences, at more than half of all, that end a probation. */
    private static final long ENOUGH_FAILURES = 20;

    private static final long IDLE_THREAD_SECONDS = 5;
    private static final EventLog LOG = EventLog.of("models");

    private final AgentHome home;
    private final ModelStore store;
    private final ModelHost host;
    private final Map<SlotName, Slot> slots = new TreeMap<>();
    private final Consumer<Event> answers;
    private final ExecutorService trials = oneThread("trial");

    /** One slot; its fields are written by its own thread and read by the loop. */
    private static final class Slot {
        private final SlotServer server;
        private final ExecutorService thread;
        private volatile @Nullable Running running;

        Slot(SlotName name, SlotServer server) {
            this.server = server;
            this.thread = oneThread("start-" + name);
        }
    }

    /** A model that answers; {@code counted} and {@code countedAt} belong to the loop. */
    private static final class Running {
        private final Installed artifact;
        private final RunningModel model;
        private long counted;
        private @Nullable Duration countedAt;

        Running(Installed artifact, RunningModel model) {
            this.artifact = artifact;
            this.model = model;
        }
    }

    /** {@code answers} must not block. */
    WorkerModels(
            AgentHome home,
            ModelStore store,
            ModelHost host,
            Map<SlotName, SlotServer> servers,
            Consumer<Event> answers) {
        this.home = home;
        this.store = store;
        this.host = host;
        this.answers = answers;
        servers.forEach((name, server) -> slots.put(name, new Slot(name, server)));
    }

    /** A thread while there is work, none while there is not: the agent is idle nearly always. */
    private static ExecutorService oneThread(String name) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1, 1, IDLE_THREAD_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    // ---- trial

    @Override
    public void trial(Action.RunTrial action) {
        trials.execute(() -> answers.accept(new Event.TrialEnded(action.slot(), action.attempt(), tried(action))));
    }

    private TrialOutcome tried(Action.RunTrial action) {
        Installed candidate = action.candidate();
        Variant variant = candidate.variant();
        Digest selfTest = action.selfTest();
        try {
            ModelFile file = new ModelFile(home.model(candidate.artifact()), candidate.artifact(), variant);
            SelfTestFile vectors =
                    selfTest == null ? null : SelfTestFile.of(home.blob(selfTest), variant.getSelfTest());
            TrialReport report = host.trial(file, vectors, TrialLimits.of(variant.getBudgets()));
            LOG.info(
                    "trial-ended",
                    "slot",
                    action.slot(),
                    "artifact",
                    candidate.artifact().shortHex(),
                    "report",
                    report);
            if (report instanceof TrialReport.Passed passed) {
                return new TrialOutcome.Passed(passed.loadMillis(), passed.p50Micros(), passed.rssBytes());
            }
            TrialReport.Failed failed = (TrialReport.Failed) report;
            return new TrialOutcome.Failed(
                    failed.code().toString(), failed.sentence(), failed.code() != TrialReport.Code.WORKER_UNAVAILABLE);
        } catch (RuntimeException e) {
            LOG.error("trial-broke", e, "slot", action.slot());
            return new TrialOutcome.Failed("trial-broke", "the trial itself broke: " + e, false);
        }
    }

    // ---- the running model

    @Override
    public void start(Action.StartModel action) {
        Slot slot = slots.get(action.slot());
        if (slot == null) {
            answers.accept(new Event.ModelStartFailed(
                    action.slot(), action.artifact().artifact(), "no-slot", "no input is set for this slot"));
            return;
        }
        slot.thread.execute(() -> answers.accept(started(slot, action)));
    }

    private Event started(Slot slot, Action.StartModel action) {
        Installed artifact = action.artifact();
        try {
            if (!store.holds(artifact.artifact())) {
                return failed(
                        action,
                        "model-spoiled",
                        "the file of " + artifact.model() + " " + artifact.version()
                                + " is missing or no longer has its hash");
            }
            Path file = home.model(artifact.artifact());
            RunningModel model = host.start(new ModelFile(file, artifact.artifact(), artifact.variant()));
            slot.server.activate(new ActiveModel(model, artifact, action.phase()));
            slot.running = new Running(artifact, model);
            model.exit().thenAccept(exit -> exited(action, exit));
            LOG.info(
                    "model-started",
                    "slot",
                    action.slot(),
                    "model",
                    artifact.model() + " " + artifact.version(),
                    "pid",
                    model.pid());
            return new Event.ModelStarted(action.slot(), artifact.artifact());
        } catch (WorkerException e) {
            return failed(action, e.code().toString(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return failed(action, "disk-failed", "the model's file cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("start-refused", "slot", action.slot(), "reason", e);
            return failed(action, "start-refused", String.valueOf(e.getMessage()));
        }
    }

    private static Event failed(Action.StartModel action, String code, String sentence) {
        return new Event.ModelStartFailed(action.slot(), action.artifact().artifact(), code, sentence);
    }

    private void exited(Action.StartModel action, WorkerExit exit) {
        if (exit.kind() == WorkerExit.Kind.STOPPED) {
            return;
        }
        String code = exit.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        answers.accept(new Event.ModelExited(action.slot(), action.artifact().artifact(), code, exit.sentence()));
    }

    @Override
    public void stop(SlotName name) {
        Slot slot = slots.get(name);
        if (slot != null) {
            slot.thread.execute(() -> {
                slot.running = null;
                slot.server.deactivate();
            });
        }
    }

    @Override
    public void phase(SlotName name, Phase phase) {
        Slot slot = slots.get(name);
        if (slot != null) {
            slot.server.phase(phase);
        }
    }

    @Override
    public void window(SlotName name, Duration interval) {
        Slot slot = slots.get(name);
        if (slot != null) {
            slot.server.windowInterval(interval);
        }
    }

    @Override
    public Optional<String> findMisfit(SlotName name, Variant variant) {
        Slot slot = slots.get(name);
        return slot == null
                ? Optional.of("this device has no input for a slot " + name)
                : slot.server.findMisfit(variant);
    }

    @Override
    public List<Runtime> runtimes() {
        return host.runtimes();
    }

    // ---- what was served

    @Override
    public List<Event> served(Duration uptime) {
        List<Event> served = new ArrayList<>();
        slots.forEach((name, slot) -> {
            Running running = slot.running;
            if (running == null) {
                return;
            }
            Duration before = running.countedAt;
            running.countedAt = uptime;
            if (before != null) {
                served.add(served(name, slot, running, uptime.minus(before)));
            }
        });
        return served;
    }

    private static Event served(SlotName name, Slot slot, Running running, Duration elapsed) {
        SlotHealth health = slot.server.health();
        long more = Math.max(0, health.ok() - running.counted);
        running.counted = Math.max(running.counted, health.ok());
        return new Event.ModelServed(
                name,
                running.artifact.artifact(),
                new Served(elapsed.toMillis(), more),
                findViolation(running, health).orElse(null));
    }

    private static Optional<Event.Violation> findViolation(Running running, SlotHealth health) {
        Budgets budgets = running.artifact.variant().getBudgets();
        if (health.failed() >= ENOUGH_FAILURES && health.failed() > health.ok()) {
            return Optional.of(new Event.Violation(
                    "inferences-failed", health.failed() + " of " + (health.ok() + health.failed()) + " failed"));
        }
        double p95 = health.p95Millis().orElse(0);
        if (budgets.getP95Millis() > 0 && health.ok() >= ENOUGH_FOR_LATENCY && p95 > budgets.getP95Millis()) {
            return Optional.of(new Event.Violation(
                    "over-latency-budget",
                    String.format(Locale.ROOT, "p95 is %.2f ms, the budget %.2f ms", p95, budgets.getP95Millis())));
        }
        long rss = running.model.stats().rssPeakBytes();
        if (budgets.getRamBytes() > 0 && rss > budgets.getRamBytes()) {
            return Optional.of(new Event.Violation(
                    "over-ram-budget", "the worker took " + rss + " bytes, the budget is " + budgets.getRamBytes()));
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        trials.shutdown();
        for (Slot slot : slots.values()) {
            slot.thread.shutdown();
            slot.running = null;
            slot.server.close();
        }
    }
}
