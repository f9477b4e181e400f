package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.util.Set;

/**
 * Somebody's blobs that are in use. Each place that stores blobs has one of these, or its blobs are collected. A source
 * that cannot tell must throw: then nothing is collected at all.
 */
public interface BlobPins {
    /** Who speaks, in the words of the log: {@code artifacts}, {@code roots}. */
    String holder();

    /** All digests in use at this moment, with those of their chunk lists. */
    Set<Digest> pinned();
}
