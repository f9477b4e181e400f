package io.tinyfleet.registry.inspect;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Walks over a protobuf stream field by field. Every length is checked against the message around it and against the
 * file before it is used: skipping past the end of a file goes unnoticed otherwise. Owned by one thread.
 */
final class ProtobufCursor {
    /** Reads the fields of one message. */
    interface FieldReader {
        /** Reads the value behind the tag, or calls {@link ProtobufCursor#skip}. */
        void read(int field, int tag) throws IOException, ModelRefused;
    }

    private final CodedInputStream in;
    private final int size;

    ProtobufCursor(InputStream content, int size) throws IOException {
        this.in = CodedInputStream.newInstance(content);
        this.size = size;
        in.pushLimit(size);
    }

    int offset() {
        return in.getTotalBytesRead();
    }

    /** Reads fields up to the end of the current message. */
    void readFields(FieldReader reader) throws IOException, ModelRefused {
        while (!in.isAtEnd()) {
            int tag = in.readTag();
            reader.read(WireFormat.getTagFieldNumber(tag), tag);
        }
    }

    /** Reads a nested message. */
    void readMessage(int tag, FieldReader reader) throws IOException, ModelRefused {
        int limit = in.pushLimit(readLength(tag));
        readFields(reader);
        in.popLimit(limit);
    }

    /** Skips a length-delimited value. */
    int skipBytes(int tag) throws IOException, ModelRefused {
        int length = readLength(tag);
        in.skipRawBytes(length);
        return length;
    }

    String readText(int tag, int maxBytes, String what) throws IOException, ModelRefused {
        int length = readLength(tag);
        if (length > maxBytes) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "The " + what + " at byte " + offset() + " has " + length + " bytes, at most " + maxBytes
                            + " are taken. Export the model with shorter names.");
        }
        return new String(in.readRawBytes(length), StandardCharsets.UTF_8);
    }

    long readVarint(int tag) throws IOException, ModelRefused {
        require(tag, WireFormat.WIRETYPE_VARINT);
        return in.readRawVarint64();
    }

    /** Calls the consumer for each number of a repeated field, packed or not. */
    void readVarints(int tag, VarintReader reader) throws IOException, ModelRefused {
        if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
            reader.read(in.readRawVarint64());
            return;
        }
        int limit = in.pushLimit(readLength(tag));
        while (!in.isAtEnd()) {
            reader.read(in.readRawVarint64());
        }
        in.popLimit(limit);
    }

    /** Takes one number. */
    interface VarintReader {
        /** Takes one number. */
        void read(long value) throws ModelRefused;
    }

    /** Skips a value of any type. */
    void skip(int tag) throws IOException, ModelRefused {
        switch (WireFormat.getTagWireType(tag)) {
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skipBytes(tag);
            case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
            case WireFormat.WIRETYPE_FIXED64 -> in.readRawLittleEndian64();
            case WireFormat.WIRETYPE_FIXED32 -> in.readRawLittleEndian32();
            default -> throw corrupt("a field type that ONNX does not have");
        }
    }

    ModelRefused corrupt(String what) {
        return new ModelRefused(
                Code.CORRUPT_MODEL,
                "The model is damaged: " + what + ", at byte " + offset() + " of " + size
                        + ". Compare its SHA-256 with the original's and upload it again, or export it anew.");
    }

    ModelRefused truncated(String what) {
        return new ModelRefused(
                Code.TRUNCATED_MODEL,
                "The model is cut off: " + what + ", at byte " + offset() + ", and the file ends at " + size
                        + ". Upload the whole file again.");
    }

    /** What the parser found wrong, as a refusal. */
    ModelRefused refusalOf(InvalidProtocolBufferException e) {
        if (offset() >= size) {
            return truncated("a value is not complete");
        }
        return corrupt("a value that is no valid protobuf");
    }

    private int readLength(int tag) throws IOException, ModelRefused {
        require(tag, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int length = in.readRawVarint32();
        if (length < 0) {
            throw corrupt("a length of " + Integer.toUnsignedString(length) + " bytes");
        }
        if (length > size - offset()) {
            throw truncated("a part of " + length + " bytes begins");
        }
        if (length > in.getBytesUntilLimit()) {
            throw corrupt("a part of " + length + " bytes in a message that has " + in.getBytesUntilLimit() + " left");
        }
        return length;
    }

    private void require(int tag, int wireType) throws ModelRefused {
        if (WireFormat.getTagWireType(tag) != wireType) {
            throw corrupt("field " + WireFormat.getTagFieldNumber(tag) + " has wire type "
                    + WireFormat.getTagWireType(tag) + " instead of " + wireType);
        }
    }
}
