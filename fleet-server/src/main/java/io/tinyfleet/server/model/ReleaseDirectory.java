package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import java.util.Optional;

/** Looks releases up for the features that roll them out. Joins the caller's transaction. */
public interface ReleaseDirectory {
    Optional<ReleaseView> find(ReleaseId id);

    Optional<ReleaseView> find(String model, String version);

    /** Refuses an unknown release with a not-found problem. */
    ReleaseView getRelease(ReleaseId id);

    /** From now on the release may not be removed: something has been offered or measured with it. */
    void markUsed(ReleaseId id);
}
