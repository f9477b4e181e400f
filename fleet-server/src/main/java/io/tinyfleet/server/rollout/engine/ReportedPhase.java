package io.tinyfleet.server.rollout.engine;

/** The phase that a device reports for an attempt. */
public enum ReportedPhase {
    ACCEPTED,
    DOWNLOADING,
    VERIFIED,
    SHADOWING,
    ACTIVATING,
    PROBATION,
    HEALTHY,
    FAILED,
    ROLLED_BACK,
    REJECTED,
    IDLE
}
