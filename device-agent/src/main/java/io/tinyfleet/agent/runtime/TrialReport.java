package io.tinyfleet.agent.runtime;

/** The verdict of a trial. */
public sealed interface TrialReport {

    /** Sound: {@code p50Micros} is inside the child, over the self-test's inputs; 0 if there were no vectors. */
    record Passed(long loadMillis, long p50Micros, long rssBytes) implements TrialReport {}

    /** Not to be activated. The code is stable and goes into reports; the sentence is for people. */
    record Failed(Code code, String sentence) implements TrialReport {}

    enum Code {
        /** The runtime could not load the file. */
        LOAD_FAILED("load-failed"),
        /** The release declares a pipeline that does not fit the model's inputs and outputs. */
        PIPELINE_MISMATCH("pipeline-mismatch"),
        /** The vectors cannot be read or do not fit the model. */
        SELF_TEST_UNREADABLE("self-test-unreadable"),
        /** An answer was off. */
        SELF_TEST_FAILED("self-test-failed"),
        OVER_RAM_BUDGET("over-ram-budget"),
        OVER_LATENCY_BUDGET("over-latency-budget"),
        /** The child died: see the sentence for how. */
        WORKER_CRASHED("worker-crashed"),
        WORKER_OUT_OF_MEMORY("worker-out-of-memory"),
        WORKER_TIMEOUT("worker-timeout"),
        /** No child could be started: nothing is said about the model. */
        WORKER_UNAVAILABLE("worker-unavailable");

        private final String text;

        Code(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
