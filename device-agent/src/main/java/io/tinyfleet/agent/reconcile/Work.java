package io.tinyfleet.agent.reconcile;

import java.util.Optional;

/** What a slot is busy with right now. Not stored: after a restart the attempt begins again from what the disk holds. */
sealed interface Work {

    default Optional<Fetch> findFetch() {
        return Optional.empty();
    }

    /** Nothing under way. */
    record Resting() implements Work {}

    /** The edge was asked for something and will answer. */
    record Awaiting(String what) implements Work {}

    /** Chunks come in. */
    record Fetching(Fetch fetch) implements Work {
        @Override
        public Optional<Fetch> findFetch() {
            return Optional.of(fetch);
        }
    }

    /** Another slot fetches the same file. */
    record Queued() implements Work {}
}
