package io.tinyfleet.agent.runtime;

/** One inference has no answer. */
public final class InferenceException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Says who must act, and becomes the code of a failed inference in telemetry. */
    public enum Reason {
        /** Tensors that the model does not take; the worker goes on. */
        BAD_INPUT("bad-input"),
        /** The runtime refused; the worker goes on. */
        MODEL_ERROR("model-error"),
        /** Too large for one frame; the worker goes on. */
        TOO_LARGE("too-large"),
        /** Missed its deadline; the worker was killed. */
        DEADLINE("deadline"),
        /** The worker is gone; see {@link RunningModel#exit()}. */
        WORKER_GONE("worker-gone");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** Whether the same worker can take the next call. */
        public boolean workerGoesOn() {
            return this == BAD_INPUT || this == MODEL_ERROR || this == TOO_LARGE;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private final Reason reason;

    public InferenceException(Reason reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
