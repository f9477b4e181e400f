package io.tinyfleet.agent.enrol;

/** The agent cannot run on this directory until it is enrolled, perhaps again. */
public final class NotEnrolledException extends Exception {
    private static final long serialVersionUID = 1L;

    NotEnrolledException(String sentence) {
        super(sentence);
    }
}
