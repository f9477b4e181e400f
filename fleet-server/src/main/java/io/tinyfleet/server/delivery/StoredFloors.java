package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.SeenVersion;
import io.tinyfleet.protocol.v1.BlobRef;
import java.time.Instant;

/** The newest floors document of a model. */
record StoredFloors(
        String model,
        long version,
        long minSecurityVersion,
        BlobRef blob,
        Instant issuedAt,
        Instant expiresAt,
        String setBy) {
    SeenVersion seen() {
        return new SeenVersion(version, Digest.fromBytes(blob.getSha256()));
    }
}
