package io.tinyfleet.protocol;

/** A message that is over its size limit or is not the protobuf message it should be. */
public final class UnreadableMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** What was wrong. */
    public enum Reason {
        /** More bytes than the place allows; nothing was parsed. */
        TOO_LARGE,
        /** Not the expected protobuf message. */
        NOT_PROTOBUF
    }

    UnreadableMessageException(Reason reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    /** What was wrong. */
    public Reason reason() {
        return reason;
    }

    /** The stable word for logs, events and dead letters: {@code too-large} or {@code not-protobuf}. */
    public String code() {
        return reason == Reason.TOO_LARGE ? "too-large" : "not-protobuf";
    }
}
