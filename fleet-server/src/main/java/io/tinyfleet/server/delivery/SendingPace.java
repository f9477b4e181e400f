package io.tinyfleet.server.delivery;

import java.time.Duration;
import java.time.Instant;

/** Spreads what is sent over time, at a rate in bytes a second. Any thread may call. */
final class SendingPace {
    private final long bytesPerSecond;
    private Instant free = Instant.MIN;

    SendingPace(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Books the bytes and says how long to wait before they may go. */
    synchronized Duration book(int bytes, Instant now) {
        Instant at = free.isBefore(now) ? now : free;
        free = at.plusNanos(bytes * 1_000_000_000L / bytesPerSecond);
        return Duration.between(now, at);
    }
}
