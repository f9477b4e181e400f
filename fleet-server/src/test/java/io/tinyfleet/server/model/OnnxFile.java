package io.tinyfleet.server.model;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes small ONNX files (onnx.proto3, the fields an inspection reads) for tests. */
public final class OnnxFile {
    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    private final List<byte[]> inputs = new ArrayList<>();
    private final List<byte[]> outputs = new ArrayList<>();
    private final String producer;
    private int parameterBytes = 16;

    private OnnxFile(String producer) {
        this.producer = producer;
    }

    /** One FLOAT32 [1, 4] input x and output y; the salt makes its content its own. */
    public static OnnxFile plain(String salt) {
        return new OnnxFile(salt).input("x", FLOAT, 1, 4).output("y", FLOAT, 1, 4);
    }

    /** The inputs and outputs of a voice activity model: frames, recurrent state and a scalar sample rate. */
    public static OnnxFile voiceActivity(String salt) {
        return new OnnxFile(salt)
                .input("input", FLOAT, -1, -1)
                .input("state", FLOAT, 2, -1, 128)
                .input("sr", INT64)
                .output("output", FLOAT, -1, 1)
                .output("stateN", FLOAT, 2, -1, 128);
    }

    /** Weights of that size, random but the same for the same salt. */
    public OnnxFile withParameterBytes(int bytes) {
        parameterBytes = bytes;
        return this;
    }

    private OnnxFile input(String name, int type, long... shape) {
        inputs.add(valueInfo(name, type, shape));
        return this;
    }

    private OnnxFile output(String name, int type, long... shape) {
        outputs.add(valueInfo(name, type, shape));
        return this;
    }

    public byte[] bytes() {
        byte[] node = message(out -> {
            out.writeString(1, "w");
            out.writeString(2, "y");
            out.writeString(4, "Identity");
        });
        byte[] weights = new byte[parameterBytes];
        new Random(producer.hashCode()).nextBytes(weights);
        byte[] initializer = message(out -> {
            out.writeInt64(1, parameterBytes / 4);
            out.writeInt32(2, FLOAT);
            out.writeString(8, "w");
            out.writeByteArray(9, weights);
        });
        byte[] graph = message(out -> {
            out.writeByteArray(1, node);
            out.writeString(2, "graph");
            out.writeByteArray(5, initializer);
            for (byte[] input : inputs) {
                out.writeByteArray(11, input);
            }
            for (byte[] output : outputs) {
                out.writeByteArray(12, output);
            }
        });
        byte[] opset = message(out -> {
            out.writeString(1, "");
            out.writeInt64(2, 16);
        });
        return message(out -> {
            out.writeInt64(1, 8);
            out.writeString(2, producer);
            out.writeByteArray(7, graph);
            out.writeByteArray(8, opset);
        });
    }

    private static byte[] valueInfo(String name, int type, long... shape) {
        byte[] dimensions = message(out -> {
            for (long dimension : shape) {
                out.writeByteArray(1, message(dim -> {
                    if (dimension < 0) {
                        dim.writeString(2, "n");
                    } else {
                        dim.writeInt64(1, dimension);
                    }
                }));
            }
        });
        byte[] tensor = message(out -> {
            out.writeInt32(1, type);
            out.writeByteArray(2, dimensions);
        });
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, message(kind -> kind.writeByteArray(1, tensor)));
        });
    }

    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
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
