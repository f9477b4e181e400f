package io.tinyfleet.agent.reconcile;

/** How the trial in a throw-away worker ended. */
public sealed interface TrialOutcome {

    /** Loaded, answered the self-test within tolerance. */
    record Passed(long loadMillis, long p50Micros, long rssBytes) implements TrialOutcome {}

    /**
     * The model did not pass.
     *
     * @param blamesModel false when this device could not hold the trial at all, such as without a runtime
     */
    record Failed(String code, String sentence, boolean blamesModel) implements TrialOutcome {}
}
