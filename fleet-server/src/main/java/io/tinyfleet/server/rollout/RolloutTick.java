package io.tinyfleet.server.rollout;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tinyfleet.server.device.DeviceChanged;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Drives all moving rollouts, one thread a replica. Woken by what devices report, gathered for a moment; and without any
 * report every few seconds, because deadlines pass silently. What it remembers only paces it: all state is in the
 * database, so a server that was killed goes on where it stood.
 */
@ApplicationScoped
class RolloutTick {
    private static final Logger LOG = Logger.getLogger(RolloutTick.class);
    private static final int HOUSEKEEPING_EVERY_HOURS = 1;

    private static final int FAULTS_BETWEEN_LINES = 100;

    /** How long a stopping server waits for the step under way; after it the database goes away beneath the step. */
    private static final int STOP_WAIT_SECONDS = 5;

    private final RolloutStep step;
    private final DroppedDrafts drafts;
    private final RolloutConfig config;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Map<UUID, Integer> faults = new HashMap<>();
    private volatile boolean stopping;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "rollout-tick");
        thread.setDaemon(true);
        return thread;
    });

    RolloutTick(RolloutStep step, DroppedDrafts drafts, RolloutConfig config) {
        this.step = step;
        this.drafts = drafts;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        long everyMillis = config.fullLook().toMillis();
        timer.scheduleWithFixedDelay(this::runSafely, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
        timer.scheduleWithFixedDelay(this::dropDrafts, 0, HOUSEKEEPING_EVERY_HOURS, TimeUnit.HOURS);
    }

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
        timer.shutdown();
        try {
            if (!timer.awaitTermination(STOP_WAIT_SECONDS, TimeUnit.SECONDS)) {
                LOG.warnf("rollout-tick-cut-off afterSeconds=%d", STOP_WAIT_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void deviceChanged(@Observes(during = TransactionPhase.AFTER_SUCCESS) DeviceChanged event) {
        wake();
    }

    /** Several calls within one moment are one run. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            try {
                timer.schedule(this::runSafely, config.gather().toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException stopping) {
                LOG.debug("rollout-tick-stopping");
            }
        }
    }

    private void runSafely() {
        woken.set(false);
        try {
            run();
        } catch (RuntimeException fault) {
            // The database is away: nothing can be read or decided, the next beat tries again.
            LOG.warnf("rollout-tick-failed reason=%s", fault);
        }
    }

    /** One look at every moving rollout; a fault in one does not touch the others. */
    synchronized void run() {
        List<UUID> moving = step.moving();
        faults.keySet().retainAll(moving);
        for (UUID id : moving) {
            if (stopping) {
                return;
            }
            try {
                step.run(id);
                faults.remove(id);
            } catch (RuntimeException fault) {
                failed(id, fault);
            }
        }
    }

    private void failed(UUID id, RuntimeException fault) {
        EvidenceUnreadableException unreadable = unreadable(fault);
        int inARow = faults.merge(id, 1, Integer::sum);
        if (inARow == 1) {
            LOG.errorf(fault, "rollout-step-failed rollout=%s", id);
        } else if (inARow % FAULTS_BETWEEN_LINES == 0) {
            LOG.warnf("rollout-step-failed rollout=%s inARow=%d reason=%s", id, inARow, fault);
        }
        try {
            if (unreadable != null) {
                step.pause(id, "Paused because " + unreadable.getMessage() + ". No evidence is not good evidence.");
            } else if (inARow >= config.faultsBeforePause()) {
                step.pause(
                        id,
                        "Paused after " + inARow + " faults in the server: "
                                + fault.getClass().getSimpleName());
            }
        } catch (RuntimeException again) {
            LOG.errorf(again, "rollout-pause-failed rollout=%s", id);
        }
    }

    private static @Nullable EvidenceUnreadableException unreadable(Throwable fault) {
        for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
            if (cause instanceof EvidenceUnreadableException unreadable) {
                return unreadable;
            }
        }
        return null;
    }

    private void dropDrafts() {
        try {
            drafts.drop();
        } catch (RuntimeException fault) {
            LOG.warnf("rollout-drafts-not-dropped reason=%s", fault);
        }
    }
}
