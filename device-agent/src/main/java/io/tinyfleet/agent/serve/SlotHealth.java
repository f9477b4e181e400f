package io.tinyfleet.agent.serve;

import java.util.Optional;
import java.util.OptionalDouble;

/** How the active model has done since it was activated. */
public record SlotHealth(State state, long ok, long failed, OptionalDouble p95Millis, Optional<String> trouble) {

    public enum State {
        /** Nothing active. */
        EMPTY,
        /** Answering. */
        SERVING,
        /** The active model's worker is gone; nothing answers until the next activate. */
        WORKER_GONE,
        /** The input source cannot be read; nothing to answer. */
        SOURCE_FAILED
    }
}
