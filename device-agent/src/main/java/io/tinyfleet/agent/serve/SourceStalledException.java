package io.tinyfleet.agent.serve;

import java.io.IOException;

/** Nothing came from the source for now; it may come back by itself. */
public final class SourceStalledException extends IOException {

    private static final long serialVersionUID = 1L;

    public SourceStalledException(String sentence) {
        super(sentence);
    }
}
