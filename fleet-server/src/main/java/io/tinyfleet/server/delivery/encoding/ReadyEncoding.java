package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;

/** An encoding whose blob and chunk list are stored. */
public record ReadyEncoding(EncodingKey key, Digest blob, long bytes, Digest chunkList, long chunkListBytes) {}
