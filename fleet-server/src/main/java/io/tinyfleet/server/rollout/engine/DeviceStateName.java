package io.tinyfleet.server.rollout.engine;

/** The words for a device's state in a rollout, the same on the wire, in database, API and console. */
public enum DeviceStateName {
    PENDING,
    OFFERED,
    DOWNLOADING,
    VERIFIED,
    SHADOWING,
    ACTIVATING,
    PROBATION,
    HEALTHY,
    FAILED,
    ROLLED_BACK,
    REJECTED,
    TIMED_OUT,
    IDLE,
    CANCELLED,
    SKIPPED;

    public boolean isInFlight() {
        return compareTo(OFFERED) >= 0 && compareTo(PROBATION) <= 0;
    }

    /** True when the artifact was whole on the device: from here on a failure speaks about the artifact. */
    boolean isVerified() {
        return compareTo(VERIFIED) >= 0 && compareTo(PROBATION) <= 0;
    }
}
