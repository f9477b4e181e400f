package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import java.time.Duration;
import java.util.SplittableRandom;

/** Spreads waits, so that a thousand devices do not ask together. Pure: devices differ by their uptime. */
final class Jitter {
    /** At most a quarter is added. */
    private static final int SHARE = 4;

    private Jitter() {}

    static Duration over(Duration wait, Duration uptime, Digest blob) {
        long most = wait.toMillis() / SHARE;
        SplittableRandom random = new SplittableRandom(uptime.toNanos() * 31 + blob.hashCode());
        return most <= 0 ? wait : wait.plusMillis(random.nextLong(most + 1));
    }
}
