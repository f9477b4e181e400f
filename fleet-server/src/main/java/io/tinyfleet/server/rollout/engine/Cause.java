package io.tinyfleet.server.rollout.engine;

/** Why a device ended: a stable code, and the device's or the server's own sentence (may be empty). */
public record Cause(String code, String detail) {
    public static final Cause NONE = new Cause("", "");

    /** The code of a device that the rollout took back. */
    public static final String TAKEN_BACK = "rollout-rolled-back";
}
