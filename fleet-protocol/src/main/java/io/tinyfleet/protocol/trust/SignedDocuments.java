package io.tinyfleet.protocol.trust;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Quoted;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import java.time.Instant;
import java.util.Optional;

/** The rules that several kinds of signed documents share. */
final class SignedDocuments {
    private SignedDocuments() {}

    static void requireDigest(String what, Digest expected, byte[] envelope) throws TrustException {
        Digest actual = Digest.of(envelope);
        if (!actual.equals(expected)) {
            throw new TrustException(
                    Reason.WRONG_DIGEST,
                    "asked for the " + what + " " + expected.shortHex() + ", got bytes with the digest "
                            + actual.shortHex());
        }
    }

    static void requireModel(String what, String expected, String actual) throws TrustException {
        if (!expected.equals(actual)) {
            throw new TrustException(
                    Reason.WRONG_MODEL,
                    "this " + what + " is asked for as one of " + expected + ", it was signed for \""
                            + Quoted.shortened(actual) + "\"");
        }
    }

    /** Versions only grow; the stored one with the very same bytes is nothing new. */
    static void requireNewer(String what, long version, Optional<SeenVersion> stored, byte[] envelope)
            throws TrustException {
        if (stored.isEmpty() || version > stored.get().version()) {
            return;
        }
        if (version < stored.get().version()) {
            throw new TrustException(
                    Reason.OLD_VERSION,
                    "the version of " + what + " must grow: stored "
                            + stored.get().version() + ", this one is " + version);
        }
        if (!stored.get().envelope().equals(Digest.of(envelope))) {
            throw new TrustException(
                    Reason.SAME_VERSION_OTHER_CONTENT,
                    what + " version " + version + " is stored with other content than this document's");
        }
    }

    static void requireNotEnded(String what, long expiresAtMillis, Instant trustedTime) throws TrustException {
        Instant expiresAt = Instant.ofEpochMilli(expiresAtMillis);
        if (!trustedTime.isBefore(expiresAt)) {
            throw new TrustException(Reason.EXPIRED, what + " ended at " + expiresAt + ", it is " + trustedTime);
        }
    }
}
