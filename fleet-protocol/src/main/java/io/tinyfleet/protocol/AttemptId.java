package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import java.util.UUID;

/** Names one offer of a release to a slot. Every report, event and window echoes it. A UUID, 16 bytes big-endian on the wire. */
public record AttemptId(UUID value) {
    /** Where nobody has offered anything: on the wire the field is left out instead. */
    public static final AttemptId NONE = new AttemptId(new UUID(0, 0));

    /**
     * Reads the wire form.
     *
     * @throws IllegalArgumentException when it is not exactly 16 bytes
     */
    public static AttemptId fromBytes(ByteString bytes) {
        return new AttemptId(UuidBytes.read(bytes, "attempt id"));
    }

    /**
     * Reads the 36-character form.
     *
     * @throws IllegalArgumentException when the text has another shape
     */
    public static AttemptId parse(String text) {
        return new AttemptId(UuidBytes.parse(text, "attempt id"));
    }

    /** The wire form, 16 bytes. */
    public ByteString toBytes() {
        return UuidBytes.write(value);
    }

    /** The 36-character form. */
    @Override
    public String toString() {
        return value.toString();
    }
}
