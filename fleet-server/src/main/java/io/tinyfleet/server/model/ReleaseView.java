package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Release;
import java.time.Instant;

/**
 * One immutable release. The envelope is a blob of its own: devices fetch it by its digest and verify its signature
 * before they read the manifest in it.
 */
public record ReleaseView(
        ReleaseId id,
        String model,
        String version,
        Digest envelopeDigest,
        long envelopeSize,
        Release manifest,
        Instant createdAt) {}
