package io.tinyfleet.agent.clock;

import java.time.Duration;

/** Time since the agent started. Never goes back and never jumps, whatever happens to the wall clock. */
@FunctionalInterface
public interface Uptime {

    Duration read();

    /** Counts from this call on. */
    static Uptime fromNow() {
        long start = System.nanoTime();
        return () -> Duration.ofNanos(System.nanoTime() - start);
    }
}
