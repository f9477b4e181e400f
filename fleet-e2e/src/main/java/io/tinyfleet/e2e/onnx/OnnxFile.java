package io.tinyfleet.e2e.onnx;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * An ONNX file (the field numbers are those of onnx.proto3) that is put together piece by piece; all tensors hold
 * float32. Owned by one thread.
 */
public final class OnnxFile {
    private static final int FLOAT = 1;
    private static final int IR_VERSION = 8;

    private final int opset;
    private final List<Fields> graph = new ArrayList<>();
    private String producer = "";

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    /** @param opset of the standard operators */
    public OnnxFile(String name, int opset) {
        this.opset = opset;
        graph.add(out -> out.writeString(2, name));
    }

    /** Any text: runtimes pass over it. */
    public OnnxFile producer(String text) {
        producer = text;
        return this;
    }

    public OnnxFile node(String operator, String output, String... inputs) {
        byte[] node = message(out -> {
            for (String input : inputs) {
                out.writeString(1, input);
            }
            out.writeString(2, output);
            out.writeString(4, operator);
        });
        graph.add(out -> out.writeByteArray(1, node));
        return this;
    }

    /** @param raw float32 numbers, little-endian, as many as the shape says */
    public OnnxFile initializer(String name, byte[] raw, long... shape) {
        byte[] tensor = message(out -> {
            for (long dimension : shape) {
                out.writeInt64(1, dimension);
            }
            out.writeInt32(2, FLOAT);
            out.writeString(8, name);
            out.writeByteArray(9, raw);
        });
        graph.add(out -> out.writeByteArray(5, tensor));
        return this;
    }

    public OnnxFile input(String name, long... shape) {
        graph.add(out -> out.writeByteArray(11, value(name, shape)));
        return this;
    }

    public OnnxFile output(String name, long... shape) {
        graph.add(out -> out.writeByteArray(12, value(name, shape)));
        return this;
    }

    public byte[] bytes() {
        byte[] operators = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, opset);
        });
        byte[] nodes = message(out -> {
            for (Fields piece : graph) {
                piece.write(out);
            }
        });
        return message(out -> {
            out.writeInt64(1, IR_VERSION);
            out.writeString(2, producer);
            out.writeByteArray(7, nodes);
            out.writeByteArray(8, operators);
        });
    }

    private static byte[] value(String name, long... shape) {
        byte[] dimensions = message(out -> {
            for (long dimension : shape) {
                out.writeByteArray(1, message(one -> one.writeInt64(1, dimension)));
            }
        });
        byte[] tensor = message(out -> {
            out.writeInt32(1, FLOAT);
            out.writeByteArray(2, dimensions);
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
