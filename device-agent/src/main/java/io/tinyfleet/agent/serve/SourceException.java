package io.tinyfleet.agent.serve;

import java.io.IOException;

/** An input that cannot be used, with the rule, the value and the place. */
public final class SourceException extends IOException {

    private static final long serialVersionUID = 1L;

    public SourceException(String sentence) {
        super(sentence);
    }
}
