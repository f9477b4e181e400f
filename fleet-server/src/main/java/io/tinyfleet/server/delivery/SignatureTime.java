package io.tinyfleet.server.delivery;

import java.time.Instant;

/** The time that signatures carry. */
interface SignatureTime {
    /**
     * The present instant, fit to be signed.
     *
     * @throws ClockBehindException when it is not
     */
    Instant tick();
}
