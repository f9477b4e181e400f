package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.server.rollout.engine.GateInput.Opinion;
import java.util.Map;

/** What went wrong on a device, in words: "vad-1 failed its self-test (got 0.01, expected 0.9)". */
final class FailureSentence {
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("self-test-failed", "failed its self-test"),
            Map.entry("load-failed", "could not load the model"),
            Map.entry("trial-timed-out", "did not finish its trial in time"),
            Map.entry("trial-crashed", "crashed in its trial"),
            Map.entry("crash-loop", "crashed again and again"),
            Map.entry("worker-died", "lost its worker process"),
            Map.entry("over-budget", "ran out of its budgets"),
            Map.entry("inference-failed", "failed inferences"),
            Map.entry("penalty-box", "had failed with this artifact before"),
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
