package io.tinyfleet.server.delivery;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Empties the outbox, on one thread: right after a commit that filled it, and each second for whatever was left behind
 * (rows of a server that died, rows that wait out a back-off, rows committed by another replica).
 */
@Startup
@Singleton
class DesiredRelay {
    private static final Logger LOG = Logger.getLogger(DesiredRelay.class);
    private static final int SHUTDOWN_SECONDS = 5;
    /** Documents signed anew by one hourly sweep; the rest waits for the next. */
    static final int MAX_RESIGNED = 10_000;

    private final SignDesired sign;
    private final SendDesired send;
    private final RefreshDesired refresh;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(run -> {
        Thread thread = new Thread(run, "desired-relay");
        thread.setDaemon(true);
        return thread;
    });
    /** A run is waiting to begin; it will see everything committed before it does. */
    private final AtomicBoolean queued = new AtomicBoolean();

    DesiredRelay(SignDesired sign, SendDesired send, RefreshDesired refresh) {
        this.sign = sign;
        this.send = send;
        this.refresh = refresh;
    }

    void wake(@Observes(during = TransactionPhase.AFTER_SUCCESS) OutboxFilled filled) {
        wake();
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void sweep() {
        wake();
    }

    @Scheduled(every = "1h", delayed = "1m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void refreshOld() {
        refresh.enqueueOld(MAX_RESIGNED);
        refresh.renewTrust();
    }

    private void wake() {
        if (!queued.compareAndSet(false, true)) {
            return;
        }
        try {
            worker.execute(this::run);
        } catch (RejectedExecutionException e) {
            // The server is stopping; its rows are found by the next start.
            LOG.debugf("relay is stopping: %s", e.getMessage());
        }
    }

    private void run() {
        queued.set(false);
        try {
            List<OutboxRow> ready = sign.signDue();
            while (!ready.isEmpty() && !Thread.currentThread().isInterrupted()) {
                send.send(ready);
                ready = sign.signDue();
            }
        } catch (RuntimeException e) {
            LOG.errorf(e, "the relay of desired documents failed; it goes on with the next sweep");
        }
    }

    void stop(@Observes ShutdownEvent stopping) throws InterruptedException {
        worker.shutdown();
        if (!worker.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
            worker.shutdownNow();
        }
    }
}
