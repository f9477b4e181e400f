package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import java.util.List;
import java.util.Optional;

/** Looks releases up for the features that roll them out. Joins the caller's transaction. */
public interface ReleaseDirectory {
    Optional<ReleaseView> find(ReleaseId id);

    Optional<ReleaseView> find(String model, String version);

    /** Refuses an unknown release with a not-found problem. */
    ReleaseView getRelease(ReleaseId id);

    /** Those that are not withdrawn, by model, oldest first. Never a part: too many are an error. */
    List<ReleaseView> listLive();

    /** Whether it may be offered: it exists and is not withdrawn. */
    boolean isLive(ReleaseId id);

    /** From now on the release may not be removed: something has been offered or measured with it. */
    void markUsed(ReleaseId id);
}
