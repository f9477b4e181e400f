package io.tinyfleet.server.device;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition with a deadline. */
public final class Await {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final Duration STEP = Duration.ofMillis(20);

    private Await() {}

    /** Returns when the claim has become true; fails with its name otherwise. */
    public static void until(String claim, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + DEADLINE + ": " + claim);
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }
}
