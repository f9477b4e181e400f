package io.tinyfleet.e2e.faults;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * ONNX files (onnx.proto3) whose answers are known: {@code y = mean(x) + answer}, one number. Random weights that nothing
 * uses give them their size.
 */
public final class FaultModel {
    /** Three chunks. */
    static final int BYTES = 120_000;

    private static final int FLOAT = 1;

    private FaultModel() {}

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    public static byte[] onnx(int weightBytes, float answer, long seed) {
        byte[] weights = new byte[weightBytes / Float.BYTES * Float.BYTES];
        new Random(seed).nextBytes(weights);
        byte[] number = ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(answer)
                .array();
        byte[] graph = message(out -> {
            out.writeByteArray(1, node("ReduceMean", "mean", "x"));
            out.writeByteArray(1, node("Add", "y", "mean", "answer"));
            out.writeString(2, "fault");
            out.writeByteArray(5, initializer("answer", number, 1, 1));
            out.writeByteArray(5, initializer("weights", weights, weights.length / Float.BYTES));
            out.writeByteArray(11, value("x", 1, FaultFleet.FRAME_SAMPLES));
            out.writeByteArray(12, value("y", 1, 1));
        });
        byte[] opset = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, 13);
        });
        return message(out -> {
            out.writeInt64(1, 8);
            out.writeByteArray(7, graph);
            out.writeByteArray(8, opset);
        });
    }

    private static byte[] node(String operator, String output, String... inputs) {
        return message(out -> {
            for (String input : inputs) {
                out.writeString(1, input);
            }
            out.writeString(2, output);
            out.writeString(4, operator);
        });
    }

    private static byte[] initializer(String name, byte[] raw, long... shape) {
        return message(out -> {
            for (long dimension : shape) {
                out.writeInt64(1, dimension);
            }
            out.writeInt32(2, FLOAT);
            out.writeString(8, name);
            out.writeByteArray(9, raw);
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
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            fields.write(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
