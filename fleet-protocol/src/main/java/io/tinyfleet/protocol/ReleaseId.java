package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import java.util.UUID;

/** Names one immutable version of a model with its variants. A UUID, 16 bytes big-endian on the wire. */
public record ReleaseId(UUID value) {

    /**
     * Reads the wire form.
     *
     * @throws IllegalArgumentException when it is not exactly 16 bytes
     */
    public static ReleaseId fromBytes(ByteString bytes) {
        return new ReleaseId(UuidBytes.read(bytes, "release id"));
    }

    /**
     * Reads the 36-character form.
     *
     * @throws IllegalArgumentException when the text has another shape
     */
    public static ReleaseId parse(String text) {
        return new ReleaseId(UuidBytes.parse(text, "release id"));
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
