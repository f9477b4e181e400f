package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;

/** The root of trust that devices pin at enrolment. */
public interface TrustKeys {
    /** The signed root document: a DSSE envelope. */
    byte[] rootEnvelope();

    Digest rootDigest();
}
