package io.tinyfleet.agent.serve;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thing in use, swapped in one atomic step. Whoever has taken it keeps it until it is given back; the last
 * one to give back what was swapped out closes it. So nothing is used after its end and nothing in use is ended.
 */
final class ActiveReference<T extends AutoCloseable> {

    private final AtomicReference<@Nullable Holder<T>> current = new AtomicReference<>();

    /** Only for those who wait: taking what is active needs no lock. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition swapped = lock.newCondition();

    /** What is active, to be given back with {@link Lease#close}; null if nothing is. */
    @Nullable Lease<T> take() {
        while (true) {
            Holder<T> holder = current.get();
            if (holder == null) {
                return null;
            }
            // A holder that ended between the two lines has a successor: look again.
            if (holder.enter()) {
                return new Lease<>(holder);
            }
        }
    }

    /** As {@link #take()}; waits while nothing is active, as between the end of one and the start of the next. */
    @Nullable Lease<T> take(Duration patience) throws InterruptedException {
        Lease<T> taken = take();
        if (taken != null) {
            return taken;
        }
        lock.lock();
        try {
            long left = patience.toNanos();
            for (taken = take(); taken == null && left > 0; taken = take()) {
                left = swapped.awaitNanos(left);
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** What is active, only to be looked at; null if nothing is. */
    @Nullable T peek() {
        Holder<T> holder = current.get();
        return holder == null ? null : holder.value;
    }

    void swap(@Nullable T next) {
        Holder<T> old = current.getAndSet(next == null ? null : new Holder<>(next));
        lock.lock();
        try {
            swapped.signalAll();
        } finally {
            lock.unlock();
        }
        if (old != null) {
            old.leave();
        }
    }

    /** Swaps only if this is still active; says whether it was. */
    boolean clear(T expected) {
        Holder<T> holder = current.get();
        if (holder == null || holder.value != expected || !current.compareAndSet(holder, null)) {
            return false;
        }
        holder.leave();
        return true;
    }

    record Lease<T extends AutoCloseable>(Holder<T> holder) implements AutoCloseable {

        T value() {
            return holder.value;
        }

        @Override
        public void close() {
            holder.leave();
        }
    }

    static final class Holder<T extends AutoCloseable> {

        private final T value;

        /** One for being active, one for each lease; at zero it has ended and never starts again. */
        private final AtomicInteger users = new AtomicInteger(1);

        Holder(T value) {
            this.value = value;
        }

        private boolean enter() {
            return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
        }

        private void leave() {
            if (users.decrementAndGet() == 0) {
                try {
                    value.close();
                } catch (Exception e) {
                    throw new IllegalStateException("what is served must close without failing", e);
                }
            }
        }
    }
}
