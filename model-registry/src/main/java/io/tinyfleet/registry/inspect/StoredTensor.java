package io.tinyfleet.registry.inspect;

import com.google.protobuf.WireFormat;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.util.Optional;

/** A tensor in the file while it is walked over. Its content is skipped, its lengths are added up. */
final class StoredTensor {
    private static final int EXTERNAL = 1;

    private final ProtobufCursor cursor;
    private long elements = 1;
    private int dimensions;
    private long type;
    private long rawBytes = -1;
    private long rawOffset;
    String name = "";

    StoredTensor(ProtobufCursor cursor) {
        this.cursor = cursor;
    }

    void readField(int field, int tag) throws IOException, ModelRefused {
        switch (field) {
            case 1 -> cursor.readVarints(tag, this::multiply);
            case 2 -> type = cursor.readVarint(tag);
            case 9 -> {
                rawBytes = cursor.skipBytes(tag);
                rawOffset = cursor.offset() - rawBytes;
            }
            case 13 -> throw external();
            case 14 -> {
                if (cursor.readVarint(tag) == EXTERNAL) {
                    throw external();
                }
            }
            // float, int32, string, int64, double and uint64 data: lists of numbers instead of raw bytes.
            case 4, 5, 6, 7, 10, 11 -> {
                if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    cursor.skipBytes(tag);
                } else {
                    cursor.skip(tag);
                }
            }
            default -> cursor.skip(tag);
        }
    }

    /** Bytes the tensor takes as raw data; 0 for text, whose size no shape tells. */
    long checkedBytes() throws ModelRefused {
        if (type == OnnxElements.STRING) {
            return 0;
        }
        int bits = OnnxElements.bitsOf(type);
        if (bits == 0) {
            throw cursor.corrupt("tensor \"" + name + "\" with the unknown element type " + type + " ends");
        }
        long bytes;
        try {
            bytes = OnnxElements.bytesOf(elements, bits);
        } catch (ArithmeticException e) {
            throw cursor.corrupt("tensor \"" + name + "\" with an impossible shape ends");
        }
        if (rawBytes >= 0 && rawBytes != bytes) {
            throw cursor.corrupt("tensor \"" + name + "\" has " + rawBytes + " bytes where its shape needs " + bytes);
        }
        return bytes;
    }

    /** Its element type in small letters. */
    String typeWord() {
        return OnnxElements.wordOf(type);
    }

    /** Where its raw bytes lie; nothing when it keeps none. */
    Optional<TensorLocation> location() {
        return rawBytes > 0 ? Optional.of(new TensorLocation(name, typeWord(), rawOffset, rawBytes)) : Optional.empty();
    }

    private void multiply(long dimension) throws ModelRefused {
        dimensions++;
        if (dimensions > OnnxWalk.MAX_DIMENSIONS) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "A tensor has more than " + OnnxWalk.MAX_DIMENSIONS + " dimensions at byte " + cursor.offset()
                            + ". Simplify the model before the export.");
        }
        try {
            if (dimension < 0) {
                throw cursor.corrupt("a stored tensor with a dimension of " + dimension);
            }
            elements = Math.multiplyExact(elements, dimension);
        } catch (ArithmeticException e) {
            throw cursor.corrupt("a stored tensor with an impossible shape");
        }
    }

    private ModelRefused external() {
        return new ModelRefused(
                Code.EXTERNAL_DATA_UNSUPPORTED,
                "Tensor \"" + name + "\" keeps its values in another file (byte " + cursor.offset()
                        + "). Save the model as one file, for example with onnx.save(model, path,"
                        + " save_as_external_data=False).");
    }
}
