package io.tinyfleet.protocol;

/** The last topic level of what a device receives: {@code fleet/v1/d/{deviceId}/in/{leaf}}. */
public enum InLeaf {
    /** {@code DsseEnvelope} with a {@code Desired}. */
    DESIRED("desired"),
    /** {@code DsseEnvelope} with the {@code Root} after the one the device holds. */
    ROOT("root"),
    /** {@code Ack}: stored-up-to marks. */
    ACK("ack"),
    /** {@code Chunk}. */
    BLOB("blob"),
    /** {@code Command}. */
    COMMAND("command");

    private final String level;

    InLeaf(String level) {
        this.level = level;
    }

    /** The topic level, such as {@code desired}. */
    public String level() {
        return level;
    }
}
