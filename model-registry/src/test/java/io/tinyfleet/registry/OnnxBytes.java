package io.tinyfleet.registry;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes ONNX files by hand, field by field, so that tests can also write what no exporter would. */
public final class OnnxBytes {
    public static final int FLOAT = 1;
    public static final int INT64 = 7;

    private OnnxBytes() {}

    /** {@code y = x + w} over two floats, with {@code w} = (1, 2). */
    public static byte[] addModel() {
        return model(addGraph());
    }

    public static byte[] addGraph() {
        return join(
                node("Add", join(text(1, "x"), text(1, "w"), text(2, "y"))),
                text(2, "add"),
                initializer("w", floats(1f, 2f), 2),
                end(11, "x", FLOAT, 2),
                end(12, "y", FLOAT, 2));
    }

    /** A model of IR version 8 and operator set 17. */
    public static byte[] model(byte[] graph) {
        return join(varint(1, 8), text(2, "tinyfleet-test"), text(3, "1.0"), bytes(7, graph), opset("", 17));
    }

    public static byte[] opset(String domain, long version) {
        return bytes(8, join(text(1, domain), varint(2, version)));
    }

    /** A node as field 1 of a graph; {@code rest} holds its inputs, outputs and attributes. */
    public static byte[] node(String operator, byte[] rest) {
        return bytes(1, join(rest, text(4, operator)));
    }

    /** An attribute of a node that holds a graph. */
    public static byte[] body(String name, byte[] graph) {
        return bytes(5, join(text(1, name), bytes(6, graph), varint(20, 5)));
    }

    /** An attribute of a node that holds a tensor. */
    public static byte[] constant(byte[] tensor) {
        return bytes(5, join(text(1, "value"), bytes(5, tensor), varint(20, 4)));
    }

    public static byte[] initializer(String name, byte[] raw, long... dimensions) {
        return bytes(5, tensor(name, FLOAT, raw, dimensions));
    }

    public static byte[] tensor(String name, int type, byte[] raw, long... dimensions) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (long dimension : dimensions) {
            out.writeBytes(varint(1, dimension));
        }
        return join(out.toByteArray(), varint(2, type), text(8, name), bytes(9, raw));
    }

    /** An input (field 11) or output (field 12) of a graph; a dimension of -1 is symbolic, -2 is left open. */
    public static byte[] end(int field, String name, int type, long... dimensions) {
        ByteArrayOutputStream shape = new ByteArrayOutputStream();
        for (long dimension : dimensions) {
            shape.writeBytes(bytes(
                    1, dimension == -2 ? new byte[0] : dimension == -1 ? text(2, "batch") : varint(1, dimension)));
        }
        return bytes(
                field, join(text(1, name), bytes(2, bytes(1, join(varint(1, type), bytes(2, shape.toByteArray()))))));
    }

    public static byte[] floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    public static byte[] text(int field, String text) {
        return bytes(field, text.getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] bytes(int field, byte[] content) {
        return join(raw(((long) field << 3) | 2), raw(content.length), content);
    }

    public static byte[] varint(int field, long value) {
        return join(raw((long) field << 3), raw(value));
    }

    public static byte[] raw(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long left = value;
        while ((left & ~0x7FL) != 0) {
            out.write((int) ((left & 0x7F) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
        return out.toByteArray();
    }

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
