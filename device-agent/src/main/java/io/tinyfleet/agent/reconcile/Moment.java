package io.tinyfleet.agent.reconcile;

import java.time.Duration;
import java.time.Instant;

/** One reading of the clocks, taken once for a step: uptime to measure with, wall time to tell people. */
public record Moment(Duration uptime, Instant wall, boolean clockSynchronised) {
    public Moment {
        if (uptime.isNegative()) {
            throw new IllegalArgumentException("uptime must not be negative, got " + uptime);
        }
    }
}
