package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import java.util.Optional;

/** What a slot is busy with right now. Not stored: after a restart the attempt begins again from what the disk holds. */
sealed interface Work {

    default Optional<Fetch> findFetch() {
        return Optional.empty();
    }

    /** The model file that this slot alone looks for, fetches or puts together. */
    default Optional<Digest> findClaim() {
        return Optional.empty();
    }

    /** Nothing under way. */
    record Resting() implements Work {}

    /** The edge was asked for something and will answer. */
    record Awaiting(String what) implements Work {}

    /** The disk is asked about a model file: which of it is there, or whether the whole is right. */
    record OnDisk(Digest blob) implements Work {
        @Override
        public Optional<Digest> findClaim() {
            return Optional.of(blob);
        }
    }

    /** Chunks come in. */
    record Fetching(Fetch fetch) implements Work {
        @Override
        public Optional<Fetch> findFetch() {
            return Optional.of(fetch);
        }

        @Override
        public Optional<Digest> findClaim() {
            return fetch.purpose() == Purpose.MODEL ? Optional.of(fetch.blob()) : Optional.empty();
        }
    }

    /** Another slot fetches the same file. */
    record Queued() implements Work {}
}
