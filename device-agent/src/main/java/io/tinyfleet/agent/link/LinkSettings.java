package io.tinyfleet.agent.link;

import io.tinyfleet.protocol.DeviceId;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * How to reach the broker.
 *
 * @param url {@code ssl://…}, or {@code tcp://127.0.0.1:1883} on this machine
 * @param authorities the only ones whose signature on the broker's certificate counts; empty for {@code tcp}
 */
public record LinkSettings(
        String url,
        List<X509Certificate> authorities,
        DeviceId device,
        String username,
        String password,
        Duration keepAlive,
        Duration sessionExpiry) {

    public static final Duration KEEP_ALIVE = Duration.ofSeconds(30);
    public static final Duration SESSION_EXPIRY = Duration.ofDays(1);

    public boolean isEncrypted() {
        return url.startsWith("ssl:");
    }

    @Override
    public String toString() {
        return "LinkSettings[" + url + ", " + device + "]";
    }
}
