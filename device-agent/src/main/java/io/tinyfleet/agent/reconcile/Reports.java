package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedSlot;
import org.jspecify.annotations.Nullable;

/** What the server is told about the slots. */
public final class Reports {
    private Reports() {}

    public static Reported of(AgentState state, Moment now) {
        Reported.Builder reported = Reported.newBuilder()
                .setDesiredSeq(state.desiredSeq())
                .setWallTimeMillis(now.wall().toEpochMilli())
                .setClockSynchronised(now.clockSynchronised());
        for (SlotState slot : state.slots().values()) {
            ReportedSlot.Builder entry =
                    ReportedSlot.newBuilder().setSlot(slot.name().value());
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
            reported.addSlots(entry);
        }
        return reported.build();
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
        return Attempt.newBuilder()
                .setAttemptId(offer.attempt().toBytes())
                .setArtifactSha256(offer.wanted().getVariantSha256())
                .setPhase(install.phase())
                .setReason(waits != null ? waits.code() : install.reason())
                .setDetail(waits != null ? waits.sentence() : install.detail())
                .setBytesDone(counters.bytesDone())
                .setBytesTotal(counters.bytesTotal())
                .setProbationSeconds(install.served().seconds())
                .setProbationInferences(install.served().inferences())
                .setChunksWritten(counters.chunksWritten())
                .setChunksRepeated(counters.chunksRepeated())
                .setChunksRefused(counters.chunksRefused())
                .setEncoding(counters.encoding())
                .setBytesOnWire(counters.bytesOnWire());
    }
}
