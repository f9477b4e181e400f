package io.tinyfleet.e2e.bench;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** An ONNX file (onnx.proto3) with one operator, Relu from x to y: what a call costs besides the model. */
final class ReluModel {
    private static final int FLOAT = 1;
    private static final int OPSET = 16;
    private static final int IR_VERSION = 8;

    private ReluModel() {}

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    /** @param floats in x and in y, as a row */
    static byte[] of(int floats) {
        byte[] node = message(out -> {
            out.writeString(1, "x");
            out.writeString(2, "y");
            out.writeString(4, "Relu");
        });
        byte[] graph = message(out -> {
            out.writeByteArray(1, node);
            out.writeString(2, "relu");
            out.writeByteArray(11, row("x", floats));
            out.writeByteArray(12, row("y", floats));
        });
        byte[] opset = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, OPSET);
        });
        return message(out -> {
            out.writeInt64(1, IR_VERSION);
            out.writeByteArray(7, graph);
            out.writeByteArray(8, opset);
        });
    }

    private static byte[] row(String name, int floats) {
        byte[] shape = message(out -> {
            out.writeByteArray(1, message(one -> one.writeInt64(1, 1)));
            out.writeByteArray(1, message(length -> length.writeInt64(1, floats)));
        });
        byte[] tensor = message(out -> {
            out.writeInt32(1, FLOAT);
            out.writeByteArray(2, shape);
        });
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, message(kind -> kind.writeByteArray(1, tensor)));
        });
    }

    private static byte[] message(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            fields.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory does not fail", e);
        }
        return bytes.toByteArray();
    }
}
