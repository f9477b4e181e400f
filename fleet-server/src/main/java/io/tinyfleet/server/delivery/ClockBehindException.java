package io.tinyfleet.server.delivery;

import java.time.Instant;

/** The system clock is behind a time that was already signed: whatever is signed by it would be wrongly dated. */
final class ClockBehindException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClockBehindException(String sentence) {
        super(sentence);
    }

    ClockBehindException(Instant now, Instant lastSignedAt) {
        super("the clock says " + now + " but something was signed at " + lastSignedAt
                + ": nothing is signed until it is right");
    }
}
