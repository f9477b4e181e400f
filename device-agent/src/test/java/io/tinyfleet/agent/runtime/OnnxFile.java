package io.tinyfleet.agent.runtime;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes ONNX files of a few hundred bytes, field by field after onnx.proto (IR version 8, operator set 13). */
public final class OnnxFile {

    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int BOOL = 9;

    private OnnxFile() {}

    /** {@code sum = x + x}. */
    public static byte[] doubling(int size) {
        return model(message()
                .add(1, node("Add", new String[] {"x", "x"}, "sum"))
                .text(2, "doubling")
                .add(11, value("x", FLOAT, 1, size))
                .add(12, value("sum", FLOAT, 1, size)));
    }

    /** {@code mean = mean(x)}, {@code next = state + mean}: a score and a recurrent state of two numbers. */
    public static byte[] recurrent(int samples) {
        return model(message()
                .add(1, node("ReduceMean", new String[] {"x"}, "mean"))
                .add(1, node("Add", new String[] {"state", "mean"}, "next"))
                .text(2, "recurrent")
                .add(11, value("x", FLOAT, 1, samples))
                .add(11, value("state", FLOAT, 1, 2))
                .add(12, value("mean", FLOAT, 1, 1))
                .add(12, value("next", FLOAT, 1, 2)));
    }

    /** Answers nothing but NaN. */
    public static byte[] notANumber(int size) {
        return model(message()
                .add(1, node("Sub", new String[] {"x", "x"}, "zero"))
                .add(1, node("Div", new String[] {"zero", "zero"}, "sum"))
                .text(2, "notANumber")
                .add(11, value("x", FLOAT, 1, size))
                .add(12, value("sum", FLOAT, 1, size)));
    }

    /** {@code places = NonZero(x)}: the shape of the answer depends on the values of the input. */
    public static byte[] nonZero(int size) {
        return model(message()
                .add(1, node("NonZero", new String[] {"x"}, "places"))
                .text(2, "nonZero")
                .add(11, value("x", FLOAT, 1, size))
                .add(12, value("places", INT64, 2, -1)));
    }

    /** A loop that never ends. */
    public static byte[] endless(int size) {
        Message body = message()
                .add(1, node("Identity", new String[] {"more"}, "again"))
                .add(1, node("Neg", new String[] {"v"}, "w"))
                .text(2, "body")
                .add(11, value("i", INT64))
                .add(11, value("more", BOOL))
                .add(11, value("v", FLOAT, 1, size))
                .add(12, value("again", BOOL))
                .add(12, value("w", FLOAT, 1, size));
        Message attribute = message().text(1, "body").add(6, body).number(20, 5);
        return model(message()
                .add(1, node("Loop", new String[] {"trips", "go", "x"}, "sum").add(5, attribute))
                .text(2, "endless")
                .add(5, scalar("trips", INT64, longBytes(Long.MAX_VALUE)))
                .add(5, scalar("go", BOOL, new byte[] {1}))
                .add(11, value("x", FLOAT, 1, size))
                .add(12, value("sum", FLOAT, 1, size)));
    }

    /** Works on so many megabytes at once to answer one number. */
    public static byte[] hungry(int megabytes) {
        long elements = (long) megabytes * 1024 * 1024 / Float.BYTES;
        byte[] shape = ByteBuffer.allocate(2 * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(elements)
                .putLong(1)
                .array();
        return model(message()
                .add(1, node("Expand", new String[] {"x", "shape"}, "wide"))
                .add(1, node("Exp", new String[] {"wide"}, "more"))
                .add(1, node("ReduceMean", new String[] {"more"}, "sum"))
                .text(2, "hungry")
                .add(5, message().number(1, 2).number(2, INT64).text(8, "shape").raw(9, shape))
                .add(11, value("x", FLOAT, 1, 1))
                .add(12, value("sum", FLOAT, 1, 1)));
    }

    /** {@code sum = x + weights}, with weights of a stated shape and of other bytes. */
    public static byte[] weighted(byte[] raw, long... shape) {
        Message weights = message();
        for (long dimension : shape) {
            weights.number(1, dimension);
        }
        return model(message()
                .add(1, node("Add", new String[] {"x", "weights"}, "sum"))
                .text(2, "weighted")
                .add(5, weights.number(2, FLOAT).text(8, "weights").raw(9, raw))
                .add(11, value("x", FLOAT, 1, 2))
                .add(12, value("sum", FLOAT, 1, 2)));
    }

    /** Fills a tensor of that shape at load or at the first call. */
    public static byte[] filling(long... shape) {
        ByteBuffer raw = ByteBuffer.allocate(shape.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long dimension : shape) {
            raw.putLong(dimension);
        }
        return model(message()
                .add(1, node("ConstantOfShape", new String[] {"shape"}, "wide"))
                .add(1, node("ReduceSum", new String[] {"wide"}, "all"))
                .add(1, node("Add", new String[] {"x", "all"}, "sum"))
                .text(2, "filling")
                .add(
                        5,
                        message()
                                .number(1, shape.length)
                                .number(2, INT64)
                                .text(8, "shape")
                                .raw(9, raw.array()))
                .add(11, value("x", FLOAT, 1, 2))
                .add(12, value("sum", FLOAT, 1, 2)));
    }

    /** The answer of {@link #doubling}, but inputs and outputs claim to have that shape. */
    public static byte[] claiming(long... shape) {
        return model(message()
                .add(1, node("Add", new String[] {"x", "x"}, "sum"))
                .text(2, "claiming")
                .add(11, value("x", FLOAT, shape))
                .add(12, value("sum", FLOAT, shape)));
    }

    public static Path write(Path folder, String name, byte[] model) throws IOException {
        return Files.write(folder.resolve(name), model);
    }

    private static byte[] model(Message graph) {
        return message()
                .number(1, 8)
                .add(7, graph)
                .add(8, message().text(1, "").number(2, 13))
                .bytes();
    }

    private static Message node(String operator, String[] inputs, String output) {
        Message node = message();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, output).text(4, operator);
    }

    private static Message value(String name, int elementType, long... shape) {
        Message dimensions = message();
        for (long dimension : shape) {
            dimensions.add(1, dimension < 0 ? message().text(2, "n") : message().number(1, dimension));
        }
        Message tensor = message().number(1, elementType).add(2, dimensions);
        return message().text(1, name).add(2, message().add(1, tensor));
    }

    private static Message scalar(String name, int elementType, byte[] raw) {
        return message().number(2, elementType).text(8, name).raw(9, raw);
    }

    private static byte[] longBytes(long value) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static Message message() {
        return new Message();
    }

    private static final class Message {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

        Message number(int field, long value) {
            return write(() -> out.writeInt64(field, value));
        }

        Message text(int field, String value) {
            return write(() -> out.writeString(field, value));
        }

        Message raw(int field, byte[] value) {
            return write(() -> out.writeBytes(field, ByteString.copyFrom(value)));
        }

        Message add(int field, Message value) {
            return raw(field, value.bytes());
        }

        byte[] bytes() {
            write(out::flush);
            return bytes.toByteArray();
        }

        private Message write(Write write) {
            try {
                write.run();
                return this;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private interface Write {
            void run() throws IOException;
        }
    }
}
