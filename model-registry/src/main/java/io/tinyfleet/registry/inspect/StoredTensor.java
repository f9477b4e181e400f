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
    private long lastDimension;
    private long type;
    private long rawBytes = -1;
    private long rawOffset;
    private long listBytes;
    private long listOffset;
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
            // float and double data: a packed list has the same bytes as raw data.
            case 4, 10 -> {
                if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    listBytes = cursor.skipBytes(tag);
                    listOffset = cursor.offset() - listBytes;
                } else {
                    cursor.skip(tag);
                }
            }
            // int32, string, int64 and uint64 data are lists too, whose numbers have no fixed width.
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

    /** Where its numbers lie as they are in memory; nothing when it keeps none like that. */
    Optional<TensorLocation> location(String path) {
        long row = dimensions < 2 ? 0 : lastDimension;
        if (rawBytes > 0) {
            return Optional.of(new TensorLocation(path + name, typeWord(), rawOffset, rawBytes, row));
        }
        return listBytes > 0
                ? Optional.of(new TensorLocation(path + name, typeWord(), listOffset, listBytes, row))
                : Optional.empty();
    }

    private void multiply(long dimension) throws ModelRefused {
        dimensions++;
        lastDimension = dimension;
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
