package io.tinyfleet.protocol;

/** The last topic level of what a device sends: {@code fleet/v1/d/{deviceId}/out/{leaf}}. */
public enum OutLeaf {
    /** {@code StateMessage}: presence, and the reported state of all slots. */
    STATE("state"),
    /** {@code Envelope} with a {@code Window}. */
    TELEMETRY("telemetry"),
    /** {@code Envelope} with a {@code DeviceEvent}. */
    EVENT("event"),
    /** {@code Need}: chunks wanted. */
    NEED("need");

    private final String level;

    OutLeaf(String level) {
        this.level = level;
    }

    /** The topic level, such as {@code state}. */
    public String level() {
        return level;
    }
}
