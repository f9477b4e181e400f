package io.tinyfleet.protocol;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;

/** Reads messages from outside: size first, then protobuf. Unknown fields are ignored. */
public final class Messages {
    private Messages() {}

    /**
     * Reads one message of at most {@link Limits#MAX_MESSAGE_BYTES}.
     *
     * @param parser the message's {@code parser()}, such as {@code Need.parser()}
     * @throws UnreadableMessageException when it is too large or not that message
     */
    public static <T extends MessageLite> T read(Parser<T> parser, byte[] bytes) throws UnreadableMessageException {
        return read(parser, bytes, Limits.MAX_MESSAGE_BYTES);
    }

    /**
     * Reads one message of at most {@code maxBytes}.
     *
     * @throws UnreadableMessageException when it is too large or not that message
     */
    public static <T extends MessageLite> T read(Parser<T> parser, byte[] bytes, int maxBytes)
            throws UnreadableMessageException {
        if (bytes.length > maxBytes) {
            throw new UnreadableMessageException(
                    UnreadableMessageException.Reason.TOO_LARGE,
                    "a message here may have " + maxBytes + " bytes, this one has " + bytes.length);
        }
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new UnreadableMessageException(
                    UnreadableMessageException.Reason.NOT_PROTOBUF,
                    "the " + bytes.length + " bytes are not the expected protobuf message: " + e.getMessage());
        }
    }
}
