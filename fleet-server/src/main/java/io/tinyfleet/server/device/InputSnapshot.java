package io.tinyfleet.server.device;

import java.time.Instant;

/**
 * How a slot's own input does, as the device says.
 *
 * @param reason a sentence; empty while it flows
 */
public record InputSnapshot(State state, String reason, Instant since) {

    public enum State {
        FLOWING,
        /** Nothing comes for now. */
        STALLED,
        /** It cannot be read any more. */
        DEAD,
        /** More comes than is taken: the oldest goes. */
        FLOODING
    }
}
