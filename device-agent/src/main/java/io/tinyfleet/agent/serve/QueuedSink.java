package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hands results on by a thread of its own, so that a slow or absent taker never holds the slot up. What cannot be handed
 * on waits, and the oldest goes when there is no room; after a failure there is a pause that doubles up to a minute.
 */
public final class QueuedSink implements Sink {

    static final int PLACES = 256;
    private static final EventLog LOG = EventLog.of("serve");
    private static final int STACK_BYTES = 256 * 1024;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    private static final long CLOSE_MILLIS = 2_000;

    private final String name;
    private final Delivery delivery;
    private final Duration firstPause;
    private final Deque<String> lines = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private long dropped;
    private boolean closed;

    /** Takes one line to where it belongs. Called by one thread; may wait, for some seconds at most. */
    public interface Delivery extends AutoCloseable {
        void deliver(String json) throws IOException;

        @Override
        void close() throws IOException;
    }

    private QueuedSink(String name, Delivery delivery, Duration firstPause) {
        this.name = name;
        this.delivery = delivery;
        this.firstPause = firstPause;
        this.thread = new Thread(null, this::run, "sink", STACK_BYTES);
        thread.setDaemon(true);
    }

    /** @param name for the log, such as {@code http://127.0.0.1:9000/} */
    public static QueuedSink start(String name, Delivery delivery) {
        return start(name, delivery, Duration.ofSeconds(1));
    }

    static QueuedSink start(String name, Delivery delivery, Duration firstPause) {
        QueuedSink sink = new QueuedSink(name, delivery, firstPause);
        sink.thread.start();
        return sink;
    }

    @Override
    public void accept(String json) {
        lock.lock();
        try {
            if (lines.size() == PLACES) {
                lines.removeFirst();
                if (dropped++ == 0) {
                    LOG.warn("results-dropped", "sink", name, "places", PLACES);
                }
            }
            lines.addLast(json);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration pause = Duration.ZERO;
        try {
            while (true) {
                String line = next(pause);
                if (line == null) {
                    break;
                }
                pause = delivered(line, pause);
            }
            delivery.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("sink-not-closed", "sink", name, "reason", String.valueOf(e.getMessage()));
        }
    }

    /** The oldest line, which stays in its place until it is delivered; null when all is over. */
    private @Nullable String next(Duration pause) throws InterruptedException {
        lock.lock();
        try {
            long left = pause.toNanos();
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            while (!closed && lines.isEmpty()) {
                changed.await();
            }
            return closed && (lines.isEmpty() || !pause.isZero()) ? null : lines.peekFirst();
        } finally {
            lock.unlock();
        }
    }

    private Duration delivered(String line, Duration pause) {
        try {
            delivery.deliver(line);
        } catch (IOException e) {
            Duration next = pause.isZero() ? firstPause : pause.multipliedBy(2);
            next = next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
            if (pause.isZero()) {
                LOG.warn("sink-failed", "sink", name, "reason", String.valueOf(e.getMessage()));
            }
            return next;
        }
        if (!pause.isZero()) {
            LOG.info("sink-works-again", "sink", name);
        }
        lock.lock();
        try {
            lines.removeFirstOccurrence(line);
        } finally {
            lock.unlock();
        }
        return Duration.ZERO;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
