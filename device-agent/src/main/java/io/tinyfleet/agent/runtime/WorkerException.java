package io.tinyfleet.agent.runtime;

/** A worker could not be started or could not load its model. */
public final class WorkerException extends Exception {

    private static final long serialVersionUID = 1L;

    private final TrialReport.Code code;

    public WorkerException(TrialReport.Code code, String sentence) {
        super(sentence);
        this.code = code;
    }

    public TrialReport.Code code() {
        return code;
    }
}
