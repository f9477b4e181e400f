package io.tinyfleet.agent.reconcile;

import java.time.Duration;

/**
 * How a slot's own input does.
 *
 * @param reason a sentence; empty while it flows
 * @param since in uptime: when it was first seen so
 */
public record SlotInput(State state, String reason, Duration since) {

    public enum State {
        FLOWING,
        /** Nothing comes for now; it goes on by itself. */
        STALLED,
        /** It cannot be read any more. */
        DEAD,
        /** More comes than is taken: the oldest goes. */
        FLOODING
    }

    boolean isTrouble() {
        return state != State.FLOWING;
    }
}
