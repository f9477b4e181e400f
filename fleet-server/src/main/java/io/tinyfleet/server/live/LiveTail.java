package io.tinyfleet.server.live;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.tinyfleet.server.platform.MonotonicClock;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Follows the log once a replica, whatever the number of clients. Subscriptions, positions and reads belong to one
 * thread, so a client that resumes gets what it missed and then the rest, nothing twice and nothing lost.
 */
@ApplicationScoped
class LiveTail {
    private static final Logger LOG = Logger.getLogger(LiveTail.class);

    private static final int READ_ROWS = 500;
    private static final int STOP_LIMIT_SECONDS = 5;

    private final LiveEventRepository log;
    private final LiveConfig config;
    private final MonotonicClock time;
    private final InstantSource clock;
    private final AtomicInteger streams = new AtomicInteger();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "live-tail");
        made.setDaemon(true);
        return made;
    });

    // Of the thread.
    private final List<StreamClient> clients = new ArrayList<>();
    private Cursor position = Cursor.START;
    private boolean positioned;
    private boolean failing;

    LiveTail(LiveEventRepository log, LiveConfig config, MonotonicClock time, InstantSource clock) {
        this.log = log;
        this.config = config;
        this.time = time;
        this.clock = clock;
    }

    void start(@Observes StartupEvent event) {
        long interval = config.pollInterval().toMillis();
        thread.scheduleWithFixedDelay(this::poll, 0, interval, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            thread.shutdownNow();
        }
    }

    @Scheduled(every = "10m", delayed = "1m", identity = "live-prune")
    void prune() {
        int pruned = QuarkusTransaction.requiringNew()
                .call(() -> log.prune(clock.instant().minus(config.keep()), config.keepRows()));
        if (pruned > 0) {
            LOG.infof("live-events-pruned rows=%d", pruned);
        }
    }

    /** A stream of these topics, from a place the client knows or from now. */
    Multi<LiveMessage> stream(Set<Topic> topics, Optional<Cursor> resumeFrom) {
        if (streams.incrementAndGet() > config.maxStreams()) {
            streams.decrementAndGet();
            throw new ProblemException(
                    ProblemType.UNAVAILABLE.withCode("too-many-streams"),
                    "This server has " + config.maxStreams() + " open streams, which is its limit.");
        }
        return Multi.createFrom()
                .<LiveMessage>emitter(emitter -> open(topics, resumeFrom, emitter), BackPressureStrategy.ERROR)
                .onRequest()
                .invoke(this::writeSoon)
                .onTermination()
                .invoke(streams::decrementAndGet);
    }

    private void open(Set<Topic> topics, Optional<Cursor> resumeFrom, MultiEmitter<? super LiveMessage> emitter) {
        try {
            thread.execute(() -> {
                try {
                    join(topics, resumeFrom, emitter);
                } catch (RuntimeException e) {
                    emitter.fail(e);
                }
            });
        } catch (RejectedExecutionException e) {
            emitter.complete(); // The server stops; the client will find another.
        }
    }

    private void join(Set<Topic> topics, Optional<Cursor> resumeFrom, MultiEmitter<? super LiveMessage> emitter) {
        findPosition();
        long now = time.nanos();
        Cursor from = resumeFrom.orElse(position);
        Optional<List<LiveEvent>> missed = QuarkusTransaction.requiringNew()
                .call(() -> resumeFrom.isEmpty() ? Optional.of(List.of()) : missed(from));
        StreamClient client = new StreamClient(
                topics, missed.isPresent() ? from : position, emitter, config.clientBufferMessages(), now);
        if (missed.isEmpty()) {
            client.tell(LiveMessage.gap(position), now);
        } else {
            client.tell(LiveMessage.hello(from), now);
            missed.get().forEach(event -> client.take(event, now));
        }
        clients.add(client);
    }

    /** A connection has room again; what waits for it is written without waiting for the next poll. */
    private void writeSoon() {
        try {
            thread.execute(() -> clients.forEach(StreamClient::write));
        } catch (RejectedExecutionException e) {
            // The server stops and all streams end: there is nothing to write to.
        }
    }

    /** The events between a client's place and ours; nothing when that place is no longer, or not, in the log. */
    private Optional<List<LiveEvent>> missed(Cursor from) {
        if (log.horizon().isAfter(from) || from.isAfter(log.newest())) {
            return Optional.empty();
        }
        // More than a client may leave unread is not worth sending: fetching again is cheaper for both.
        int most = config.clientBufferMessages() - 1;
        List<LiveEvent> events = log.after(from, most + 1).stream()
                .filter(event -> !event.cursor().isAfter(position))
                .toList();
        return events.size() > most ? Optional.empty() : Optional.of(events);
    }

    private void poll() {
        try {
            findPosition();
            boolean more = true;
            while (more) {
                List<LiveEvent> events = QuarkusTransaction.requiringNew().call(() -> log.after(position, READ_ROWS));
                long now = time.nanos();
                for (LiveEvent event : events) {
                    position = event.cursor();
                    clients.forEach(client -> client.take(event, now));
                }
                more = events.size() == READ_ROWS;
            }
            long now = time.nanos();
            clients.forEach(client -> client.tick(now, config.streamLifetime()));
            clients.removeIf(StreamClient::isOver);
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.warnf("live-tail-waits reason=%s", e.getMessage());
            }
            failing = true; // The next poll tries again; one line tells of it, not five a second.
        }
    }

    private void findPosition() {
        if (positioned) {
            return;
        }
        position = QuarkusTransaction.requiringNew().call(() -> {
            log.forgetFuture();
            return log.head();
        });
        positioned = true;
    }
}
