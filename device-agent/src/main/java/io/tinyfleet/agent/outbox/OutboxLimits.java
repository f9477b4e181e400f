package io.tinyfleet.agent.outbox;

import java.time.Duration;

/**
 * What the outbox may take.
 *
 * @param maxBytes over it the oldest telemetry goes first, then state, events last
 * @param maxTelemetryAge by the wall clock that stamped it
 * @param firstResend wait for the server's mark before a message goes again; doubles each time
 * @param maxSends after them the message is replaced by "skipped"
 */
public record OutboxLimits(
        long maxBytes, Duration maxTelemetryAge, Duration firstResend, Duration maxResend, int maxSends) {

    public static final OutboxLimits DEFAULT =
            new OutboxLimits(2L << 20, Duration.ofDays(7), Duration.ofSeconds(30), Duration.ofHours(2), 10);

    public OutboxLimits {
        if (maxBytes < 1 || maxSends < 1) {
            throw new IllegalArgumentException(
                    "an outbox holds at least 1 byte and sends at least once, got " + maxBytes + " and " + maxSends);
        }
    }

    public OutboxLimits withMaxBytes(long bytes) {
        return new OutboxLimits(bytes, maxTelemetryAge, firstResend, maxResend, maxSends);
    }
}
