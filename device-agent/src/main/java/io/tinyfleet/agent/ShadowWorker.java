package io.tinyfleet.agent;

import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.runtime.ModelFile;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.WorkerException;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.serve.ShadowHealth;
import io.tinyfleet.agent.serve.ShadowModel;
import io.tinyfleet.agent.serve.SlotServer;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The second worker of a slot, whose answers are only compared. Whatever it does ends it alone, and when memory is short
 * it is the first to go. Starts and ends happen on the slot's thread.
 */
final class ShadowWorker {
    private static final Duration END_LIMIT = Duration.ofSeconds(15);
    private static final EventLog LOG = EventLog.of("shadow");

    private final SlotName name;
    private final SlotServer server;
    private final SlotWorkers.Parts parts;
    private volatile @Nullable Run run;

    /** One start. What is counted belongs to the loop. */
    private static final class Run {
        private final AttemptId attempt;
        private final RunningModel model;
        private @Nullable Duration countedAt;
        private long counted;

        Run(AttemptId attempt, RunningModel model) {
            this.attempt = attempt;
            this.model = model;
        }
    }

    ShadowWorker(SlotName name, SlotServer server, SlotWorkers.Parts parts) {
        this.name = name;
        this.server = server;
        this.parts = parts;
    }

    /** @param noRoom why it does not fit into memory, if so */
    Event started(Action.StartShadow action, Optional<String> noRoom) {
        end();
        Installed artifact = action.artifact();
        AttemptId attempt = action.attempt();
        if (noRoom.isPresent()) {
            return new Event.ShadowEnded(name, attempt, "not-enough-ram", noRoom.get());
        }
        try {
            if (!parts.store().holds(artifact.artifact())) {
                return new Event.ShadowEnded(
                        name,
                        attempt,
                        "model-spoiled",
                        "the file of " + SlotWorkers.named(artifact) + " is missing or no longer has its hash");
            }
            RunningModel model = parts.host()
                    .startBehind(new ModelFile(
                            parts.home().model(artifact.artifact()), artifact.artifact(), artifact.variant()));
            run = new Run(attempt, model);
            model.exit().thenAccept(exit -> exited(attempt, exit));
            server.beginShadow(new ShadowModel(model, artifact, attempt, action.share()));
            LOG.info("shadow-started", "slot", name, "model", SlotWorkers.named(artifact), "pid", model.pid());
            return new Event.ShadowStarted(name, attempt);
        } catch (WorkerException e) {
            return new Event.ShadowEnded(name, attempt, e.code().toString(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return new Event.ShadowEnded(
                    name, attempt, "disk-failed", "the model's file cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("shadow-refused", "slot", name, "reason", e);
            run = null;
            return new Event.ShadowEnded(name, attempt, "start-refused", String.valueOf(e.getMessage()));
        }
    }

    private void exited(AttemptId attempt, WorkerExit exit) {
        if (exit.kind() != WorkerExit.Kind.STOPPED) {
            String code = exit.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
            parts.answers().accept(new Event.ShadowEnded(name, attempt, code, exit.sentence()));
        }
    }

    void end() {
        run = null;
        server.endShadow();
    }

    /** Ends it for the sake of others, and waits until its memory is free. */
    void giveWay(String why) {
        Run now = run;
        if (now == null) {
            return;
        }
        end();
        parts.answers().accept(new Event.ShadowEnded(name, now.attempt, "made-room", why));
        try {
            now.model.exit().toCompletableFuture().get(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("worker-ends-late", "slot", name, "pid", now.model.pid());
        }
    }

    /** For the loop: running time and compared inputs since the last call, or why it is over. */
    Optional<Event> findServed(Duration uptime) {
        Run now = run;
        Optional<ShadowHealth> health = server.findShadowHealth()
                .filter(seen -> now != null && seen.attempt().equals(now.attempt));
        if (now == null || health.isEmpty()) {
            return Optional.empty();
        }
        Optional<ShadowHealth.End> end = health.get().end();
        if (end.isPresent()) {
            return Optional.of(new Event.ShadowEnded(
                    name, now.attempt, end.get().code(), end.get().sentence()));
        }
        Duration before = now.countedAt;
        now.countedAt = uptime;
        if (before == null) {
            return Optional.empty();
        }
        long more = Math.max(0, health.get().compared() - now.counted);
        now.counted += more;
        return Optional.of(new Event.ShadowServed(
                name, now.attempt, new Served(uptime.minus(before).toMillis(), more)));
    }
}
