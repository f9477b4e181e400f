package io.tinyfleet.agent.runtime;

/** What was to be sent does not fit into one frame; nothing was sent and the connection goes on. */
public final class FrameTooLargeException extends Exception {

    private static final long serialVersionUID = 1L;

    public FrameTooLargeException(long bytes, int limit) {
        super("a message to or from the worker has " + bytes + " bytes, the limit is " + limit);
    }
}
