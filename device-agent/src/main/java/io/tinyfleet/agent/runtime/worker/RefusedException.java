package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.agent.runtime.Refusal;

/** A request that this worker answers with a refusal, and then goes on. */
final class RefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    RefusedException(Refusal refusal, String sentence) {
        super(sentence);
        this.refusal = refusal;
    }

    Refusal refusal() {
        return refusal;
    }
}
