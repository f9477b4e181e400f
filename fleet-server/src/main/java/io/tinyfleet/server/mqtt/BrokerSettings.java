package io.tinyfleet.server.mqtt;

import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * How the embedded broker runs.
 *
 * @param tls what devices must speak; without it they speak plain MQTT
 * @param securityCacheEntries must be 0: the broker's caches know neither client ids nor revocations. A parameter so that
 *     the test that proves it can be seen failing
 */
record BrokerSettings(
        String host,
        int port,
        Path folder,
        long minDiskFreeBytes,
        Optional<SSLContext> tls,
        long securityCacheEntries) {
    static final long NO_SECURITY_CACHE = 0;
}
