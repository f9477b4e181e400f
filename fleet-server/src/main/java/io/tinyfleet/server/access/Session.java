package io.tinyfleet.server.access;

import java.time.Duration;
import java.time.Instant;

/**
 * What a session cookie says: who signed in when, and when the cookie was last renewed.
 *
 * @param account the account's name
 */
record Session(String account, Instant signedInAt, Instant renewedAt) {
    private static final Duration RENEWAL = Duration.ofMinutes(5);

    static Session begin(String account, Instant now) {
        return new Session(account, now, now);
    }

    boolean isValidAt(Instant now, Duration idle, Duration lifetime) {
        return !now.isBefore(signedInAt.minus(RENEWAL)) // A cookie from the future was made by a clock that was wrong.
                && now.isBefore(signedInAt.plus(lifetime))
                && now.isBefore(renewedAt.plus(idle));
    }

    boolean wantsRenewalAt(Instant now) {
        return !now.isBefore(renewedAt.plus(RENEWAL));
    }

    Session renew(Instant now) {
        return new Session(account, signedInAt, now);
    }
}
