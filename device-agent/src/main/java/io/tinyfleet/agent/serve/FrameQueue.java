package io.tinyfleet.agent.serve;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Between whoever brings input and the slot that takes it. When it is full the oldest frame goes and is counted: what
 * is new is worth more than what is late. Thread-safe.
 */
public final class FrameQueue implements AutoCloseable {

    private final int places;
    private final Duration patience;
    private final Deque<byte[]> frames = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long dropped;
    private @Nullable String trouble;
    private boolean closed;

    /** @param patience how long nothing may come before it is said */
    public FrameQueue(int places, Duration patience) {
        this.places = places;
        this.patience = patience;
    }

    public void put(byte[] frame) {
        lock.lock();
        try {
            if (frames.size() == places) {
                frames.removeFirst();
                dropped++;
            }
            frames.addLast(frame);
            trouble = null;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing comes; told to the slot at once. */
    public void trouble(String reason) {
        lock.lock();
        try {
            trouble = reason;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    byte[] take() throws SourceStalledException {
        lock.lock();
        try {
            long left = patience.toNanos();
            String known = trouble;
            while (frames.isEmpty() && !closed && left > 0) {
                String reason = trouble;
                if (reason != null && !reason.equals(known)) {
                    throw new SourceStalledException(reason);
                }
                left = changed.awaitNanos(left);
            }
            byte[] frame = frames.pollFirst();
            if (frame != null) {
                return frame;
            }
            String reason = trouble;
            throw new SourceStalledException(
                    reason == null
                            ? "nothing came for " + TimeUnit.MILLISECONDS.toSeconds(patience.toMillis()) + " s"
                            : reason);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceStalledException("the slot was interrupted");
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

    /** Ends a take under way. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            frames.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
