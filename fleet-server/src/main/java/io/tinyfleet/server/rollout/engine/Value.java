package io.tinyfleet.server.rollout.engine;

/** What one device says about the artifact: one device, one opinion. */
public enum Value {
    /** In flight: no opinion yet. */
    OPEN,
    HEALTHY,
    /** Failed after the artifact was verified: attributed to the artifact. */
    FAILED,
    /** Failed or silent before the artifact was verified, or silent past the wall-time limit: says something about the link. */
    LINK,
    /** Says nothing: rejected, idle, cancelled, withdrawn. */
    NONE
}
