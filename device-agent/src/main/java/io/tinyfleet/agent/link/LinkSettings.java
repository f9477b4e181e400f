package io.tinyfleet.agent.link;

import io.tinyfleet.protocol.DeviceId;
import java.time.Duration;

/**
 * How to reach the broker.
 *
 * @param url {@code tcp://127.0.0.1:1883} or {@code ssl://…}
 */
public record LinkSettings(
        String url, DeviceId device, String username, String password, Duration keepAlive, Duration sessionExpiry) {

    public static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
    public static final Duration SESSION_EXPIRY = Duration.ofDays(1);

    @Override
    public String toString() {
        return "LinkSettings[" + url + ", " + device + "]";
    }
}
