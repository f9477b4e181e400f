package io.tinyfleet.e2e.bench;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;

/** An ONNX file (onnx.proto3) of random weights and of exactly the size asked for. */
final class BenchModel {
    private static final int FLOAT = 1;
    private static final int FLOAT_BYTES = 4;
    private static final int ROOM_FOR_THE_REST = 1024;

    private BenchModel() {}

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    static byte[] ofSize(int bytes, long seed) {
        int weights = (bytes - ROOM_FOR_THE_REST) / FLOAT_BYTES * FLOAT_BYTES;
        int padding = bytes - file(weights, 0, seed).length;
        // The padding's own length takes bytes too: as many as it takes until the size is right.
        for (int less = 0; less < 8; less++) {
            byte[] file = file(weights, padding - less, seed);
            if (file.length == bytes) {
                return file;
            }
        }
        throw new IllegalStateException("no padding leads to " + bytes + " bytes");
    }

    private static byte[] file(int weightBytes, int padding, long seed) {
        byte[] weights = new byte[weightBytes];
        new Random(seed).nextBytes(weights);
        byte[] node = message(out -> {
            out.writeString(1, "w");
            out.writeString(2, "y");
            out.writeString(4, "Identity");
        });
        byte[] initializer = message(out -> {
            out.writeInt64(1, weightBytes / FLOAT_BYTES);
            out.writeInt32(2, FLOAT);
            out.writeString(8, "w");
            out.writeByteArray(9, weights);
        });
        byte[] graph = message(out -> {
            out.writeByteArray(1, node);
            out.writeString(2, "bench");
            out.writeByteArray(5, initializer);
            out.writeByteArray(11, vector("x"));
            out.writeByteArray(12, vector("y"));
        });
        byte[] opset = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, 16);
        });
        return message(out -> {
            out.writeInt64(1, 8);
            out.writeString(2, "x".repeat(padding));
            out.writeByteArray(7, graph);
            out.writeByteArray(8, opset);
        });
    }

    private static byte[] vector(String name) {
        byte[] shape = message(out -> out.writeByteArray(1, message(dimension -> dimension.writeInt64(1, 4))));
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
