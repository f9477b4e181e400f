package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;

/**
 * What became of a stream that was put.
 *
 * @param digest its name from now on
 * @param size in bytes
 * @param fresh it was not in the store before
 */
public record Stored(Digest digest, long size, boolean fresh) {}
