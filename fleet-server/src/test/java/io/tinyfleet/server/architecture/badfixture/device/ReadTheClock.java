package io.tinyfleet.server.architecture.badfixture.device;

import java.time.Instant;

/** Breaks: time is injected. */
public final class ReadTheClock {
    public Instant read() {
        return Instant.now();
    }
}
