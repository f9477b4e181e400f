package io.tinyfleet.protocol.trust;

import io.tinyfleet.protocol.Digest;

/**
 * The newest document of its kind that was verified and stored.
 *
 * @param version from 1 on
 * @param envelope SHA-256 of its envelope
 */
public record SeenVersion(long version, Digest envelope) {
    public SeenVersion {
        if (version < 1) {
            throw new IllegalArgumentException("a stored version must be 1 or more, got " + version);
        }
    }
}
