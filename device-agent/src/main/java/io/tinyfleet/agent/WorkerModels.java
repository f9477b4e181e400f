package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.install.ModelStore;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.SlotInput;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.ModelHost;
import io.tinyfleet.agent.runtime.SelfTestFile;
import io.tinyfleet.agent.runtime.TrialLimits;
import io.tinyfleet.agent.runtime.TrialReport;
import io.tinyfleet.agent.serve.SlotHealth;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
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

/** {@link Models} by worker processes. Trials of all slots happen one after the other, beside what runs. */
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
    private final Map<SlotName, SlotWorkers> slots = new TreeMap<>();
    private final Consumer<Event> answers;
    private final ExecutorService trials = oneThread("trial");

    /** {@code parts.answers()} must not block. */
    WorkerModels(SlotWorkers.Parts parts, Map<SlotName, SlotServer> servers) {
        this.home = parts.home();
        this.store = parts.store();
        this.host = parts.host();
        this.answers = parts.answers();
        servers.forEach((name, server) -> slots.put(name, new SlotWorkers(name, server, parts)));
    }

    /** A thread while there is work, none while there is not: the agent is idle nearly always. */
    static ExecutorService oneThread(String name) {
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
        SlotWorkers slot = slots.get(action.slot());
        if (slot == null) {
            answers.accept(new Event.TrialEnded(
                    action.slot(),
                    action.attempt(),
                    new TrialOutcome.Failed("no-slot", "no input is set for this slot", false)));
            return;
        }
        slot.trial(action, trials, () -> tried(action));
    }

    private TrialOutcome tried(Action.RunTrial action) {
        Installed candidate = action.candidate();
        Variant variant = candidate.variant();
        Digest selfTest = action.selfTest();
        try {
            ModelFile file = new ModelFile(store.modelFile(candidate.artifact()), candidate.artifact(), variant);
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
        SlotWorkers slot = slots.get(action.slot());
        if (slot == null) {
            answers.accept(new Event.ModelStartFailed(
                    action.slot(), action.artifact().artifact(), "no-slot", "no input is set for this slot"));
            return;
        }
        slot.start(action);
    }

    @Override
    public void stop(SlotName name) {
        find(name).ifPresent(SlotWorkers::stop);
    }

    @Override
    public void startShadow(Action.StartShadow action) {
        SlotWorkers slot = slots.get(action.slot());
        if (slot == null) {
            answers.accept(
                    new Event.ShadowEnded(action.slot(), action.attempt(), "no-slot", "no input is set for this slot"));
            return;
        }
        slot.startShadow(action);
    }

    @Override
    public void stopShadow(SlotName name) {
        find(name).ifPresent(SlotWorkers::stopShadow);
    }

    @Override
    public Optional<String> findNoRoomBeside(SlotName name, Installed artifact) {
        return find(name).flatMap(slot -> slot.findNoRoomBeside(artifact));
    }

    @Override
    public void phase(SlotName name, Phase phase) {
        find(name).ifPresent(slot -> slot.phase(phase));
    }

    @Override
    public void window(SlotName name, Duration interval) {
        find(name).ifPresent(slot -> slot.server().windowInterval(interval));
    }

    @Override
    public Optional<String> findMisfit(SlotName name, Variant variant) {
        return find(name)
                .map(slot -> slot.server().findMisfit(variant))
                .orElseGet(() -> Optional.of("this device has no input for a slot " + name));
    }

    @Override
    public long ramBytes(SlotName name) {
        return find(name).map(SlotWorkers::ramBytes).orElse(0L);
    }

    private Optional<SlotWorkers> find(SlotName name) {
        return Optional.ofNullable(slots.get(name));
    }

    @Override
    public Map<String, String> troubles() {
        Map<String, String> troubles = new TreeMap<>();
        slots.forEach((name, slot) -> {
            Optional<String> trouble = slot.server().health().trouble();
            trouble.ifPresent(reason -> troubles.put(name.value(), reason));
        });
        return troubles;
    }

    @Override
    public Map<SlotName, SlotInput> inputs() {
        Map<SlotName, SlotInput> inputs = new TreeMap<>();
        slots.forEach((name, slot) -> slot.server().input().ifPresent(input -> inputs.put(name, input)));
        return inputs;
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
            slot.checkRam();
            slot.findShadowServed(uptime).ifPresent(served::add);
            slot.findRunning().ifPresent(running -> {
                Duration before = running.countedAt;
                running.countedAt = uptime;
                if (before != null) {
                    served.add(served(name, slot, running, uptime.minus(before)));
                }
            });
        });
        return served;
    }

    private static Event served(SlotName name, SlotWorkers slot, SlotWorkers.Kept running, Duration elapsed) {
        SlotHealth health = slot.server().health();
        long more = Math.max(0, health.ok() - running.counted);
        running.counted = Math.max(running.counted, health.ok());
        return new Event.ModelServed(
                name,
                running.artifact().artifact(),
                new Served(elapsed.toMillis(), more),
                findViolation(running, health).orElse(null));
    }

    private static Optional<Event.Violation> findViolation(SlotWorkers.Kept running, SlotHealth health) {
        Budgets budgets = running.artifact().variant().getBudgets();
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
        long rss = running.stats().rssPeakBytes();
        if (budgets.getRamBytes() > 0 && rss > budgets.getRamBytes()) {
            return Optional.of(new Event.Violation(
                    "over-ram-budget", "the worker took " + rss + " bytes, the budget is " + budgets.getRamBytes()));
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        trials.shutdown();
        slots.values().forEach(SlotWorkers::close);
    }
}
