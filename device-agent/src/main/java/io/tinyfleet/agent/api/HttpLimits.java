package io.tinyfleet.agent.api;

import java.time.Duration;

/**
 * What one local application may take.
 *
 * @param maxConnections each has a thread while it is open; one more is answered with 503
 * @param maxBodyBytes of one request
 * @param maxBodiesBytes of all requests under way together
 * @param request from the first byte of a request to its last
 * @param idle between two requests
 * @param answer for a client to take its answer
 */
record HttpLimits(
        int maxConnections, int maxBodyBytes, int maxBodiesBytes, Duration request, Duration idle, Duration answer) {

    static final HttpLimits DEFAULT =
            new HttpLimits(8, 2 << 20, 4 << 20, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(10));

    HttpLimits {
        if (maxConnections < 1 || maxBodyBytes < 1024 || maxBodiesBytes < maxBodyBytes) {
            throw new IllegalArgumentException(
                    "the local API needs a connection, and room for one body of at least 1024 bytes");
        }
    }
}
