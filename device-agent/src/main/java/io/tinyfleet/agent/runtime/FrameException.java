package io.tinyfleet.agent.runtime;

import java.io.IOException;

/** The other side of the socket does not keep to the protocol; the connection cannot go on. */
public final class FrameException extends IOException {

    private static final long serialVersionUID = 1L;

    public FrameException(String sentence) {
        super(sentence);
    }
}
