package io.tinyfleet.protocol.trust;

/** Who speaks. The root says which keys may speak for each. */
public enum RoleName {
    /** Says which keys speak for whom; offline. */
    ROOT,
    /** Says which releases exist; offline or in the build. */
    RELEASE,
    /** Says what one device is to run; online. */
    DIRECTOR,
    /** Says which releases are alive; online, with a key of its own. */
    HEADS
}
