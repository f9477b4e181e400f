package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.UUID;

/** The 16-byte and the 36-character form of a UUID, read strictly. */
final class UuidBytes {
    private static final int BYTES = 16;

    private UuidBytes() {}

    static UUID read(ByteString bytes, String what) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException(what + " must be 16 bytes, got " + bytes.size());
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        long high = buffer.getLong();
        return new UUID(high, buffer.getLong());
    }

    static ByteString write(UUID value) {
        ByteBuffer buffer = ByteBuffer.allocate(BYTES);
        buffer.putLong(value.getMostSignificantBits()).putLong(value.getLeastSignificantBits());
        return ByteString.copyFrom(buffer.array());
    }

    static UUID parse(String text, String what) {
        UUID value;
        try {
            value = UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(refusal(text, what), e);
        }
        // UUID.fromString also takes shortened groups such as "1-1-1-1-1": one id must have one spelling.
        if (!value.toString().equals(text.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException(refusal(text, what));
        }
        return value;
    }

    private static String refusal(String text, String what) {
        return what + " must be a UUID of 36 characters, got \"" + Quoted.shortened(text) + "\"";
    }
}
