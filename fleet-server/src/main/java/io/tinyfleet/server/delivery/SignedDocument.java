package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import java.time.Instant;

/**
 * The newest document of a device.
 *
 * @param content digest of what it asks for, without its number and times
 */
record SignedDocument(long seq, Digest content, byte[] envelope, Instant issuedAt) {}
