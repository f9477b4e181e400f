package io.tinyfleet.server.delivery.encoding;

/** Where an encoding stands. */
public enum EncodingState {
    /** Waits for its turn. */
    QUEUED,
    /** A replica makes it. */
    MAKING,
    /** Offered from now on. */
    READY,
    /** Made, and too large to be offered. */
    NOT_WORTH_IT,
    /** Could not be made. */
    FAILED
}
