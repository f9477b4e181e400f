package io.tinyfleet.agent.serve;

import java.util.Optional;
import java.util.OptionalDouble;

/** How the active model has done since it was activated. */
public record SlotHealth(State state, long ok, long failed, OptionalDouble p95Millis, Optional<String> trouble) {

    public enum State {
        /** Nothing active. */
        EMPTY,
        /** Answering, or ready to answer applications if the slot has no source. */
        SERVING,
        /** The active model's worker is gone; nothing answers until the next activate. */
        WORKER_GONE,
        /** Nothing comes from the source for now; applications are answered. */
        SOURCE_STALLED,
        /** The source cannot be read any more; applications are answered. */
        SOURCE_FAILED
    }
}
