package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobRef;
import java.time.Instant;

/**
 * The newest signed list of live releases.
 *
 * @param content digest of what it says, without its version and its times
 * @param blob the envelope, as devices fetch it
 * @param releases how many it lists
 */
record StoredHeads(long version, Digest content, BlobRef blob, int releases, Instant issuedAt, Instant expiresAt) {}
