package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import java.util.List;

/** The releases that devices may install. */
public interface LiveReleases {
    /**
     * One of them.
     *
     * @param envelope digest of its signed envelope
     */
    record LiveRelease(String model, String version, Digest envelope) {}

    /** Joins the caller's transaction; by model, then in the order in which they were made. */
    List<LiveRelease> listAlive();
}
