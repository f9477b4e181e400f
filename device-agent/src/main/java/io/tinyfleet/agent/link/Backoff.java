package io.tinyfleet.agent.link;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Full jitter: a random wait under a bound that doubles, so that a thousand agents do not come back together. */
final class Backoff {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LAST = Duration.ofSeconds(60);

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    Duration next() {
        long bound = Math.min(LAST.toMillis(), FIRST.toMillis() << Math.min(failures + 1, 10));
        failures++;
        return Duration.ofMillis(random.nextLong(FIRST.toMillis() / 2, bound + 1));
    }

    void succeeded() {
        failures = 0;
    }
}
