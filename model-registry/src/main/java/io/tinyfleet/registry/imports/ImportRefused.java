package io.tinyfleet.registry.imports;

/** A folder that is not taken; the message is a sentence that says what is wrong, where, and what to do. */
public final class ImportRefused extends Exception {
    private static final long serialVersionUID = 1L;

    ImportRefused(String sentence) {
        super(sentence);
    }

    ImportRefused(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /** What is wrong. */
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
