package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.RolloutSummary.Mark;
import io.tinyfleet.server.rollout.RolloutSummary.ReleaseName;
import io.tinyfleet.server.rollout.RolloutSummary.StateReason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A rollout with everything that its page shows. */
record RolloutBody(
        String id,
        String name,
        String state,
        Optional<StateReason> stateReason,
        ReleaseName release,
        List<From> from,
        String slot,
        String author,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        long version,
        RolloutCounts counts,
        List<Excluded> excluded,
        List<WaveBody> waves,
        List<GateRow> gates,
        Map<String, VerbState> verbs,
        Optional<Preview> preview) {

    record From(String model, String version, long devices) {}

    /** @param devices the first of them */
    record Excluded(String reason, String sentence, long count, List<String> devices) {}

    record WaveBody(
            int index,
            String name,
            int size,
            String state,
            Optional<Instant> openedAt,
            Optional<Instant> soakEndsAt,
            RolloutCounts counts,
            List<Mark> marks,
            Optional<Received> received,
            List<GateCell> gates) {}

    /**
     * How far the wave's downloads are.
     *
     * @param devices those that are downloading now; the bytes are theirs together
     */
    record Received(long devices, long bytesDone, long bytesTotal) {}

    record GateCell(
            String gate, String verdict, String sentence, EvidenceBody evidence, Instant at, List<Point> history) {}

    /** The value after one more device in the order of offers. */
    record Point(Instant at, double value) {}

    record GateRow(String gate, String title, String limitSentence) {}

    record VerbState(boolean allowed, Optional<String> why) {}

    /**
     * What a start would do.
     *
     * @param canaryRisk how often the canary rule stops a good model: the price of asking for all healthy
     * @param operatingCurve how often the install test stops a model that fails on this share of devices, computed exactly
     */
    record Preview(
            long eligible,
            List<Excluded> excluded,
            CanaryRisk canaryRisk,
            List<WaveSize> waves,
            List<CurvePoint> operatingCurve) {}

    record CanaryRisk(double modelFailureShare, double stoppedShare) {}

    record WaveSize(String name, int size) {}

    record CurvePoint(double failureShare, double stopped) {}
}
