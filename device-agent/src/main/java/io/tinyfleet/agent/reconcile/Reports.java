package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DeviceTrouble;
import io.tinyfleet.protocol.v1.InputState;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedInput;
import io.tinyfleet.protocol.v1.ReportedSlot;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the server is told about the slots. */
public final class Reports {
    /** No agent of this kind is older: a clock before this was never set. */
    private static final Instant EARLIEST = Instant.parse("2026-01-01T00:00:00Z");

    private Reports() {}

    public static Reported of(AgentState state, Moment now) {
        Reported.Builder reported = Reported.newBuilder()
                .setDesiredSeq(state.desiredSeq())
                .setWallTimeMillis(now.wall().toEpochMilli())
                .setClockSynchronised(now.clockSynchronised());
        trouble(state, now)
                .ifPresent(why -> reported.setTrouble(
                        DeviceTrouble.newBuilder().setCode(why.code()).setSentence(why.sentence())));
        Map<SlotName, SlotState> slots = new TreeMap<>(state.slots());
        state.equipment().inputs().keySet().forEach(name -> slots.putIfAbsent(name, SlotState.empty(name)));
        for (SlotState slot : slots.values()) {
            ReportedSlot.Builder entry =
                    ReportedSlot.newBuilder().setSlot(slot.name().value());
            SlotInput input = state.equipment().inputs().get(slot.name());
            if (input != null) {
                entry.setInput(input(input, now));
            }
            if (slot.active() != null) {
                entry.setActive(artifact(slot.active()));
            }
            if (slot.previous() != null) {
                entry.setPrevious(artifact(slot.previous()));
            }
            Offer offer = slot.install().offer();
            if (offer != null) {
                Attempt.Builder attempt = attempt(offer, slot, state.trust().trouble());
                slot.work()
                        .findFetch()
                        .filter(fetch -> fetch.transport().way() == Way.WAITING)
                        .flatMap(fetch -> state.pace().findReasonToWait(fetch.bytesLeft()))
                        .ifPresent(sentence -> attempt.setReason("metered-link").setDetail(sentence));
                entry.setAttempt(attempt);
            }
            state.findShadow(slot.name())
                    .filter(Shadows::wanted)
                    .ifPresent(shadow -> shadow.findOffer()
                            .ifPresent(asked -> entry.setShadow(
                                    attempt(asked, shadow, state.trust().trouble()))));
            reported.addSlots(entry);
        }
        return reported.build();
    }

    /** What is wrong with the device itself: the disk before the clock. */
    private static Optional<Trust.Trouble> trouble(AgentState state, Moment now) {
        if (state.equipment().disk() != null) {
            return Optional.of(state.equipment().disk());
        }
        return now.clockSynchronised() || !now.wall().isBefore(EARLIEST)
                ? Optional.empty()
                : Optional.of(new Trust.Trouble(
                        "clock-not-set",
                        "the device's clock says " + now.wall()
                                + " and nobody sets it: it goes by signed times alone"));
    }

    private static ReportedInput.Builder input(SlotInput input, Moment now) {
        InputState state = switch (input.state()) {
            case FLOWING -> InputState.INPUT_FLOWING;
            case STALLED -> InputState.INPUT_STALLED;
            case DEAD -> InputState.INPUT_DEAD;
            case FLOODING -> InputState.INPUT_FLOODING;
        };
        long millis = now.uptime().minus(input.since()).toMillis();
        return ReportedInput.newBuilder()
                .setState(state)
                .setReason(input.reason())
                .setForMillis(Math.max(0, millis));
    }

    private static InstalledArtifact artifact(Installed installed) {
        return InstalledArtifact.newBuilder()
                .setSha256(installed.artifact().toBytes())
                .setReleaseId(installed.release().toBytes())
                .setModel(installed.model())
                .setVersion(installed.version())
                .setFactory(installed.isFactory())
                .build();
    }

    private static Attempt.Builder attempt(Offer offer, SlotState slot, Trust.@Nullable Trouble trouble) {
        Install install = slot.install();
        Trust.@Nullable Trouble waits = install instanceof Install.Accepted ? trouble : null;
        Counters counters = install.counters();
        Attempt.Builder attempt = Attempt.newBuilder()
                .setAttemptId(offer.attempt().toBytes())
                .setArtifactSha256(offer.wanted().getVariantSha256())
                .setPhase(install.phase())
                .setReason(waits != null ? waits.code() : install.reason())
                .setDetail(waits != null ? waits.sentence() : install.detail())
                .setBytesDone(counters.bytesDone())
                .setBytesTotal(counters.bytesTotal())
                .setChunksWritten(counters.chunksWritten())
                .setChunksRepeated(counters.chunksRepeated())
                .setChunksRefused(counters.chunksRefused())
                .setEncoding(counters.encoding())
                .setBytesOnWire(counters.bytesOnWire());
        Served served = install.served();
        return slot.lane() == Lane.SHADOWS
                ? attempt.setShadowSeconds(served.seconds()).setShadowCompared(served.inferences())
                : attempt.setProbationSeconds(served.seconds()).setProbationInferences(served.inferences());
    }
}
