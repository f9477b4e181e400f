package io.tinyfleet.registry.variant;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.DeviceFacts;
import java.util.Set;

/**
 * A device that is to run something.
 *
 * @param facts what it says of itself
 * @param freeRamBytes what a model may take
 * @param held artifacts it already has: these need no more storage
 */
public record Candidate(DeviceFacts facts, long freeRamBytes, Set<Digest> held) {
    /** Memory kept for the system, the agent and the worker's runtime before any model. */
    public static final long HEAD_ROOM_BYTES = 96L * 1024 * 1024;

    /** Takes a copy. */
    public Candidate {
        if (freeRamBytes < 0) {
            throw new IllegalArgumentException("free RAM must not be negative, got " + freeRamBytes);
        }
        held = Set.copyOf(held);
    }

    /** A device that holds nothing yet, with all its memory but {@link #HEAD_ROOM_BYTES} free. */
    public static Candidate of(DeviceFacts facts) {
        return new Candidate(facts, Math.max(0, facts.getRamBytes() - HEAD_ROOM_BYTES), Set.of());
    }
}
