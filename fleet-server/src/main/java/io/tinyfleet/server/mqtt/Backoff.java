package io.tinyfleet.server.mqtt;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Exponential delays with full jitter, so that links that fell together do not come back together. */
final class Backoff {
    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private int failures;

    Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /** At least the first delay's half, at most the longest. */
    Duration next() {
        long ceiling = first.toMillis() << Math.min(failures, 30);
        if (ceiling <= 0 || ceiling > longest.toMillis()) {
            ceiling = longest.toMillis();
        }
        failures++;
        long floor = first.toMillis() / 2;
        return Duration.ofMillis(floor + random.nextLong(Math.max(1, ceiling - floor + 1)));
    }

    void reset() {
        failures = 0;
    }
}
