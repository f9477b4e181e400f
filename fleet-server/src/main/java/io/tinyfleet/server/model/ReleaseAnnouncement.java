package io.tinyfleet.server.model;

/** Tells devices which releases are alive. Whoever signs that list implements it. */
public interface ReleaseAnnouncement {
    /**
     * The live releases have changed in the caller's transaction: the list is signed anew. A problem when it would not
     * fit, which undoes the change.
     */
    void announce();
}
