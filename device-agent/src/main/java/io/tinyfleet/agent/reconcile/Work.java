package io.tinyfleet.agent.reconcile;

import java.util.Optional;

/** What a slot is busy with right now. Not stored: after a restart the attempt begins again from what the disk holds. */
sealed interface Work {

    default Optional<Fetch> findFetch() {
        return Optional.empty();
    }

    /** The offer's model file is looked for, fetched or put together: no other slot does the same. */
    default boolean claims() {
        return false;
    }

    /** Nothing under way. */
    record Resting() implements Work {}

    /** The edge was asked for something and will answer. */
    record Awaiting(String what) implements Work {}

    /** The disk is asked about a model file: which of it is there, or whether the whole is right. */
    record OnDisk() implements Work {
        @Override
        public boolean claims() {
            return true;
        }
    }

    /** Chunks come in. */
    record Fetching(Fetch fetch) implements Work {
        @Override
        public Optional<Fetch> findFetch() {
            return Optional.of(fetch);
        }

        @Override
        public boolean claims() {
            return fetch.purpose() == Purpose.MODEL;
        }
    }

    /** Another slot fetches the same file. */
    record Queued() implements Work {}
}
