package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything the agent decides from. Immutable.
 *
 * @param desiredSeq newest desired document verified and stored; 0: none
 * @param desiredDigest SHA-256 of its envelope
 * @param signedTime latest time that the director signed: only signed times are stored, so a clock at 2099 cannot
 *     stick
 * @param shadows of the slots that have one
 * @param penaltyBox artifacts that failed here, in that order; not tried again until an offer says retry
 * @param trust what other signed metadata has said
 * @param connected not stored
 * @param pace what the operator allows this device's link
 * @param equipment not stored
 */
public record AgentState(
        long desiredSeq,
        @Nullable Digest desiredDigest,
        Instant signedTime,
        Map<SlotName, SlotState> slots,
        Map<SlotName, SlotState> shadows,
        Set<Digest> penaltyBox,
        Trust trust,
        boolean connected,
        Pace pace,
        Equipment equipment) {

    public AgentState {
        slots = Collections.unmodifiableMap(new TreeMap<>(slots));
        shadows = Collections.unmodifiableMap(new TreeMap<>(shadows));
        penaltyBox = Collections.unmodifiableSet(new LinkedHashSet<>(penaltyBox));
    }

    /** As it is stored, and so before the device has looked at its equipment. */
    public AgentState(
            long desiredSeq,
            @Nullable Digest desiredDigest,
            Instant signedTime,
            Map<SlotName, SlotState> slots,
            Map<SlotName, SlotState> shadows,
            Set<Digest> penaltyBox,
            Trust trust,
            boolean connected,
            Pace pace) {
        this(desiredSeq, desiredDigest, signedTime, slots, shadows, penaltyBox, trust, connected, pace, Equipment.NONE);
    }

    /** A device that has just been enrolled. */
    public static AgentState fresh() {
        return new AgentState(0, null, Instant.EPOCH, Map.of(), Map.of(), Set.of(), Trust.NONE, false, Pace.FREE);
    }

    /** The part that is stored before any action of a step is done. */
    public AgentState durable() {
        return new AgentState(
                desiredSeq,
                desiredDigest,
                signedTime,
                durable(slots),
                durable(shadows),
                penaltyBox,
                trust.durable(),
                false,
                pace.durable());
    }

    private static Map<SlotName, SlotState> durable(Map<SlotName, SlotState> slots) {
        TreeMap<SlotName, SlotState> stored = new TreeMap<>();
        slots.forEach((name, slot) -> {
            if (!slot.runsFactoryUnasked()) {
                stored.put(name, slot.durable());
            }
        });
        return stored;
    }

    /**
     * The latest signed time seen; the system's own only while somebody keeps it right. A device without a clock thus
     * never thinks that it is later than it is, and cannot notice that it is kept from newer documents.
     */
    public Instant trustedTime(Moment now) {
        Instant signed = latestSignedTime();
        return now.clockSynchronised() && now.wall().isAfter(signed) ? now.wall() : signed;
    }

    /** The latest that anybody has signed: it is not earlier than this. */
    public Instant latestSignedTime() {
        return trust.signedTime().isAfter(signedTime) ? trust.signedTime() : signedTime;
    }

    public Optional<SlotState> findSlot(SlotName name) {
        return Optional.ofNullable(slots.get(name));
    }

    public Optional<SlotState> findShadow(SlotName name) {
        return Optional.ofNullable(shadows.get(name));
    }

    public Optional<Digest> findDesiredDigest() {
        return Optional.ofNullable(desiredDigest);
    }
}
