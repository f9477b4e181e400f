package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Everything the agent decides from. Immutable.
 *
 * @param desiredSeq newest desired document verified and stored; 0: none
 * @param desiredDigest SHA-256 of its envelope
 * @param signedTime latest signed time seen: only signed times are stored, so a clock at 2099 cannot stick
 * @param penaltyBox artifacts that failed here; not tried again until an offer says retry
 * @param connected not stored
 * @param pace what the operator allows this device's link
 */
public record AgentState(
        long desiredSeq,
        @Nullable Digest desiredDigest,
        Instant signedTime,
        Map<SlotName, SlotState> slots,
        Set<Digest> penaltyBox,
        boolean connected,
        Pace pace) {

    public AgentState {
        slots = Collections.unmodifiableMap(new TreeMap<>(slots));
        penaltyBox = Collections.unmodifiableSet(new TreeSet<>(penaltyBox));
    }

    /** A device that has just been enrolled. */
    public static AgentState fresh() {
        return new AgentState(0, null, Instant.EPOCH, Map.of(), Set.of(), false, Pace.FREE);
    }

    /** The part that is stored before any action of a step is done. */
    public AgentState durable() {
        TreeMap<SlotName, SlotState> stored = new TreeMap<>();
        slots.forEach((name, slot) -> stored.put(name, slot.durable()));
        return new AgentState(desiredSeq, desiredDigest, signedTime, stored, penaltyBox, false, pace.durable());
    }

    public Optional<SlotState> findSlot(SlotName name) {
        return Optional.ofNullable(slots.get(name));
    }

    public Optional<Digest> findDesiredDigest() {
        return Optional.ofNullable(desiredDigest);
    }
}
