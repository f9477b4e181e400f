package io.tinyfleet.registry.cli;

/**
 * A command that could not be carried out, with one sentence for the person at the terminal: what is wrong, where, and
 * what to do. It ends the program with {@link Tinyfleet#REFUSED} and no stack trace.
 */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Refused(String sentence) {
        super(sentence);
    }

    public Refused(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
