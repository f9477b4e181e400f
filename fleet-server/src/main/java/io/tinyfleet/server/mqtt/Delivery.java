package io.tinyfleet.server.mqtt;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How surely a message reaches the broker. Exactly-once is not offered: marks and digests make repeats harmless. */
public enum Delivery {
    AT_MOST_ONCE(0, null),
    AT_LEAST_ONCE(1, null),
    /** At most once, and worthless when it is old: the broker forgets it after half a minute. */
    PASSING(0, Duration.ofSeconds(30));

    private final int qos;
    private final @Nullable Duration expiry;

    Delivery(int qos, @Nullable Duration expiry) {
        this.qos = qos;
        this.expiry = expiry;
    }

    int qos() {
        return qos;
    }

    Optional<Duration> findExpiry() {
        return Optional.ofNullable(expiry);
    }
}
