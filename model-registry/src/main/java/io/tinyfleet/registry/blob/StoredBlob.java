package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.time.Instant;

/**
 * A blob as the store lists it.
 *
 * @param size in bytes
 * @param storedAt when its content was put last
 */
public record StoredBlob(Digest digest, long size, Instant storedAt) {}
