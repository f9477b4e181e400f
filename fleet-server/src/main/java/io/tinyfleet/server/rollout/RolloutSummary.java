package io.tinyfleet.server.rollout;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A rollout in a list: enough for a ribbon. */
public record RolloutSummary(
        String id,
        String name,
        String state,
        Optional<StateReason> stateReason,
        ReleaseName release,
        String slot,
        String author,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        RolloutCounts counts,
        List<WaveSummary> waves) {

    public record StateReason(String code, String sentence) {}

    public record ReleaseName(String id, String model, String version) {}

    public record WaveSummary(int index, String name, int size, String state, List<Mark> marks) {}

    /** So many devices of one state, in the order in which the ribbon shows states. */
    public record Mark(String state, long count) {}
}
