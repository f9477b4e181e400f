package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One step in the making: lives for one call of {@link Reconciler#step} and belongs to its thread. */
final class Turn {
    /** Artifacts in the penalty box; the one that failed longest ago leaves it first. 8 KB of the state. */
    static final int MAX_PENALTIES = 256;

    private final Moment now;
    private final List<Action> actions = new ArrayList<>();
    private final TreeMap<SlotName, SlotState> slots;
    private final TreeMap<SlotName, SlotState> shadows;
    private final LinkedHashSet<Digest> penaltyBox;
    private long desiredSeq;
    private @Nullable Digest desiredDigest;
    private Instant signedTime;
    private Trust trust;
    private boolean connected;
    private Pace pace;
    private Equipment equipment;
    private final Set<Digest> listening;
    private boolean reportWanted;

    Turn(AgentState state, Moment now) {
        this.now = now;
        this.slots = new TreeMap<>(state.slots());
        this.shadows = new TreeMap<>(state.shadows());
        this.penaltyBox = new LinkedHashSet<>(state.penaltyBox());
        this.desiredSeq = state.desiredSeq();
        this.desiredDigest = state.desiredDigest();
        this.signedTime = state.signedTime();
        this.trust = state.trust();
        this.connected = state.connected();
        this.pace = state.pace();
        this.equipment = state.equipment();
        this.listening = listening();
    }

    /** Blobs whose topics are subscribed to. */
    private Set<Digest> listening() {
        Set<Digest> blobs = new TreeSet<>();
        for (SlotState slot : lanes()) {
            slot.work()
                    .findFetch()
                    .filter(fetch -> fetch.transport().way().listens())
                    .ifPresent(fetch -> blobs.add(fetch.blob()));
        }
        return blobs;
    }

    /** However a shared download has ended, its topic is left. */
    private void leaveWhatHasEnded() {
        Set<Digest> left = new TreeSet<>(listening);
        left.removeAll(listening());
        left.forEach(blob -> actions.add(new Action.LeaveShared(blob)));
    }

    Step end() {
        Factories.fill(this);
        Shadows.settle(this);
        leaveWhatHasEnded();
        AgentState next = state();
        if (reportWanted) {
            actions.add(new Action.Report(Reports.of(next, now)));
        }
        return new Step(next, actions);
    }

    private AgentState state() {
        return new AgentState(
                desiredSeq, desiredDigest, signedTime, slots, shadows, penaltyBox, trust, connected, pace, equipment);
    }

    // ---- reading

    Duration uptime() {
        return now.uptime();
    }

    Instant trustedTime() {
        return state().trustedTime(now);
    }

    Trust trust() {
        return trust;
    }

    long desiredSeq() {
        return desiredSeq;
    }

    Optional<Digest> findDesiredDigest() {
        return Optional.ofNullable(desiredDigest);
    }

    Pace pace() {
        return pace;
    }

    void pace(Pace next) {
        pace = next;
    }

    Equipment equipment() {
        return equipment;
    }

    void equipment(Equipment next) {
        equipment = next;
    }

    boolean isConnected() {
        return connected;
    }

    /** What answers, or is to answer. */
    Collection<SlotState> slots() {
        return List.copyOf(slots.values());
    }

    /** The server has wanted something in this slot, if only that it be empty. */
    boolean knows(SlotName name) {
        return slots.containsKey(name);
    }

    Collection<SlotState> shadows() {
        return List.copyOf(shadows.values());
    }

    /** All that may be fetched and tried: the slots, then their shadows. */
    Collection<SlotState> lanes() {
        List<SlotState> lanes = new ArrayList<>(slots.values());
        lanes.addAll(shadows.values());
        return lanes;
    }

    /** The same lane as it is now. */
    SlotState current(SlotState before) {
        return slot(before.name(), before.lane());
    }

    SlotState slot(SlotName name, Lane lane) {
        return lane == Lane.ANSWERS
                ? slot(name)
                : findShadow(name).orElseGet(() -> slot(name).shadowed(new Install.Untried(), Starts.NONE));
    }

    Optional<SlotState> findShadow(SlotName name) {
        return Optional.ofNullable(shadows.get(name));
    }

    SlotState slot(SlotName name) {
        return slots.getOrDefault(name, SlotState.empty(name));
    }

    /** The slot or its shadow, if this attempt is the one it works on: no two have the same. */
    Optional<SlotState> findWorking(SlotName name, AttemptId attempt) {
        return Optional.ofNullable(slots.get(name))
                .filter(slot -> slot.works(attempt))
                .or(() -> findShadow(name).filter(shadow -> shadow.works(attempt)));
    }

    boolean inPenaltyBox(Digest artifact) {
        return penaltyBox.contains(artifact);
    }

    // ---- changing

    void put(SlotState slot) {
        SlotName name = slot.name();
        if (slot.lane() == Lane.SHADOWS) {
            shadows.put(name, slot.beside(slot(name)));
            return;
        }
        slots.put(name, slot);
        shadows.computeIfPresent(name, (same, shadow) -> shadow.beside(slot));
    }

    void dropShadow(SlotName name) {
        shadows.remove(name);
    }

    /** As if nobody had ever wanted anything there. */
    void drop(SlotName name) {
        slots.remove(name);
        shadows.computeIfPresent(name, (same, shadow) -> shadow.beside(SlotState.empty(same)));
    }

    void connected(boolean is) {
        connected = is;
    }

    void desired(long seq, Digest envelope, Instant issuedAt) {
        desiredSeq = seq;
        desiredDigest = envelope;
        if (issuedAt.isAfter(signedTime)) {
            signedTime = issuedAt;
        }
    }

    void trust(Trust next) {
        trust = next;
    }

    /** Another director speaks from now on: numbers and times of the one before no longer count. */
    void forgetDesired() {
        desiredSeq = 0;
        desiredDigest = null;
        signedTime = Instant.EPOCH;
    }

    void punish(Digest artifact) {
        penaltyBox.remove(artifact);
        penaltyBox.add(artifact);
        while (penaltyBox.size() > MAX_PENALTIES) {
            pardon(penaltyBox.iterator().next());
        }
    }

    void pardon(Digest artifact) {
        penaltyBox.remove(artifact);
    }

    void act(Action action) {
        actions.add(action);
    }

    /** Before all that this step has asked for so far. */
    void actFirst(Action action) {
        actions.add(0, action);
    }

    /** Reported state goes out once, at the end of the step. */
    void report() {
        reportWanted = true;
    }

    void raise(String code, Severity severity, String detail) {
        actions.add(new Action.Raise(event(code, severity, detail).build()));
    }

    void raise(String code, Severity severity, SlotState slot, String detail) {
        DeviceEvent.Builder event =
                event(code, severity, detail).setSlot(slot.name().value());
        Offer offer = slot.install().offer();
        if (offer != null) {
            event.setAttemptId(offer.attempt().toBytes());
            event.setArtifactSha256(offer.wanted().getVariantSha256());
        }
        actions.add(new Action.Raise(event.build()));
    }

    private DeviceEvent.Builder event(String code, Severity severity, String detail) {
        return DeviceEvent.newBuilder()
                .setCode(code)
                .setSeverity(severity)
                .setDetail(detail)
                .setWallTimeMillis(now.wall().toEpochMilli())
                .setClockSynchronised(now.clockSynchronised());
    }

    /** Everything that some slot runs, may go back to or is fetching stays; the rest is deleted. */
    void collectGarbage() {
        Set<Digest> pinned = new TreeSet<>(trust.pinned());
        for (SlotState slot : lanes()) {
            pin(pinned, slot.active());
            pin(pinned, slot.previous());
            if (slot.install() instanceof Install.Accepted
                    || slot.install() instanceof Install.Downloading
                    || slot.install() instanceof Install.Verified) {
                slot.findOffer().ifPresent(offer -> {
                    pinned.add(offer.artifact());
                    pinned.add(Digest.fromBytes(offer.release().getSha256()));
                    slot.findEncoding().ifPresent(encoding -> {
                        pinned.add(Encodings.blobOf(encoding));
                        if (encoding.hasChunkList()) {
                            pinned.add(Digest.fromBytes(encoding.getChunkList().getSha256()));
                        }
                    });
                });
                candidate(slot.install()).ifPresent(candidate -> pinSelfTest(pinned, candidate));
            }
            Shadows.findFile(slot).ifPresent(pinned::add);
        }
        actions.add(new Action.CollectGarbage(pinned));
    }

    private static Optional<Installed> candidate(Install install) {
        if (install instanceof Install.Downloading downloading) {
            return Optional.of(downloading.candidate());
        }
        if (install instanceof Install.Verified verified) {
            return Optional.of(verified.candidate());
        }
        return Optional.empty();
    }

    private static void pin(Set<Digest> pinned, @Nullable Installed artifact) {
        if (artifact != null) {
            pinned.add(artifact.artifact());
        }
    }

    private static void pinSelfTest(Set<Digest> pinned, Installed candidate) {
        if (candidate.variant().hasSelfTest()) {
            pinned.add(Digest.fromBytes(candidate.variant().getSelfTest().getVectorsSha256()));
        }
    }
}
