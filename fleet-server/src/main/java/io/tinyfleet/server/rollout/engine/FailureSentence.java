package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import java.util.Map;

/** What went wrong on a device, in words: "vad-1 failed its self-test (got 0.01, expected 0.9)". */
final class FailureSentence {
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("self-test-failed", "failed its self-test"),
            Map.entry("self-test-unreadable", "could not read the self-test"),
            Map.entry("load-failed", "could not load the model"),
            Map.entry("pipeline-mismatch", "cannot feed the model what it wants"),
            Map.entry("over-ram-budget", "needed more memory than the release allows"),
            Map.entry("over-latency-budget", "was slower than the release allows"),
            Map.entry("worker-crashed", "crashed while running the model"),
            Map.entry("worker-out-of-memory", "ran out of memory"),
            Map.entry("worker-timeout", "did not answer in time"),
            Map.entry("crash-loop", "crashed again and again"),
            Map.entry("VERIFIED", "said nothing more after it had the model"),
            Map.entry("SHADOWING", "said nothing more while shadowing"),
            Map.entry("ACTIVATING", "said nothing more while activating"),
            Map.entry("PROBATION", "said nothing more in probation"));

    private FailureSentence() {}

    static String of(Opinion opinion) {
        Cause cause = opinion.cause();
        String words = WORDS.getOrDefault(cause.code(), "failed" + (cause.code().isBlank() ? "" : ": " + cause.code()));
        return opinion.device().value() + " " + words + (cause.detail().isBlank() ? "" : " (" + cause.detail() + ")");
    }
}
