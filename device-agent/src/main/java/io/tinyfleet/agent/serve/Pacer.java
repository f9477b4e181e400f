package io.tinyfleet.agent.serve;

import java.util.concurrent.locks.LockSupport;

/** Waits for moments of monotonic time, so that a loop's pace is a port. */
public interface Pacer {

    long nanos();

    /** Returns at that moment, or earlier if the thread is woken. */
    void awaitUntil(long nanos);

    /** The machine's own clock. */
    static Pacer system() {
        return new Pacer() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void awaitUntil(long nanos) {
                long left = nanos - System.nanoTime();
                if (left > 0) {
                    LockSupport.parkNanos(this, left);
                }
            }
        };
    }
}
