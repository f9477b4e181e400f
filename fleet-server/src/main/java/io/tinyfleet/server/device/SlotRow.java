package io.tinyfleet.server.device;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Attempt;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A slot as it is stored: what the device reported, and the figures of its newest window. */
record SlotRow(
        SlotName slot,
        @Nullable InstalledArtifactView active,
        @Nullable InstalledArtifactView previous,
        @Nullable AttemptSnapshot attempt,
        @Nullable InputSnapshot input,
        @Nullable ShadowReport shadow,
        Figures figures) {
    /** What the device says of the model beside its own. */
    record ShadowReport(Attempt attempt, Instant updatedAt) {}

    /** Figures of one artifact; {@code artifact} is absent until the first window. */
    record Figures(
            @Nullable Digest artifact,
            long boot,
            long seq,
            @Nullable Double latencyP95Millis,
            @Nullable Double energyMillijoules,
            @Nullable String energyLabel,
            @Nullable Double failedShare,
            boolean throttled,
            long askedByApplications,
            long inputDropped) {
        static final Figures NONE = new Figures(null, 0, 0, null, null, null, null, false, 0, 0);
    }

    static SlotRow empty(SlotName slot) {
        return new SlotRow(slot, null, null, null, null, null, Figures.NONE);
    }

    /** Figures that are about what runs now: those of an artifact that is gone say nothing. */
    Figures currentFigures() {
        boolean current = active != null && active.artifact().equals(figures.artifact());
        return current ? figures : Figures.NONE;
    }

    SlotRow with(SlotFigures newer) {
        return new SlotRow(
                slot,
                active,
                previous,
                attempt,
                input,
                shadow,
                new Figures(
                        newer.artifact(),
                        newer.bootCounter(),
                        newer.seq(),
                        newer.latencyP95Millis().orElse(null),
                        newer.energyMillijoules().orElse(null),
                        newer.energyLabel().name(),
                        newer.failedShare().orElse(null),
                        newer.throttled(),
                        newer.askedByApplications(),
                        newer.inputDropped()));
    }

    SlotSnapshot snapshot() {
        return new SlotSnapshot(
                slot, Optional.ofNullable(active), Optional.ofNullable(previous), Optional.ofNullable(attempt));
    }
}
