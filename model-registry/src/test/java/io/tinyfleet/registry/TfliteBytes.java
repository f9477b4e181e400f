package io.tinyfleet.registry;

import com.google.flatbuffers.FlatBufferBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Writes TFLite files for tests, field by field of schema.fbs: sound ones and broken ones. Values of constants are
 * whatever the test gives.
 */
public final class TfliteBytes {
    public static final int FLOAT32 = 0;
    public static final int INT32 = 2;
    public static final int INT8 = 9;
    public static final int FULLY_CONNECTED = 9;
    public static final int RELU = 19;

    private static final int FULLY_CONNECTED_OPTIONS = 8;

    /**
     * One tensor.
     *
     * @param values null for a computed one
     * @param scales null for a plain one
     */
    public record Tensor(
            String name, int type, int[] shape, byte[] values, float[] scales, long[] zeroPoints, int axis) {
        public static Tensor computed(String name, int type, int... shape) {
            return new Tensor(name, type, shape, null, null, null, 0);
        }

        public static Tensor stored(String name, int type, byte[] values, int... shape) {
            return new Tensor(name, type, shape, values, null, null, 0);
        }

        public Tensor quantized(float[] scale, long[] zero, int along) {
            return new Tensor(name, type, shape, values, scale, zero, along);
        }
    }

    /** One operator: index of its kind and its tensors. */
    public record Operator(int kind, int[] inputs, int[] outputs) {}

    private int version = 3;
    private final List<Integer> kinds = new ArrayList<>();
    private final List<String> customKinds = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Operator> operators = new ArrayList<>();
    private int[] inputs = {};
    private int[] outputs = {};
    private boolean graph = true;

    /** One int8 layer with a scale for each of its two outputs: the library loads and runs it. */
    public static TfliteBytes int8Layer() {
        return new TfliteBytes()
                .kind(FULLY_CONNECTED)
                .tensor(Tensor.computed("x", INT8, 1, 4).quantized(new float[] {0.5f}, new long[] {3}, 0))
                .tensor(Tensor.stored("w", INT8, new byte[] {1, 2, 3, 4, 5, 6, 7, -8}, 2, 4)
                        .quantized(new float[] {0.25f, 0.125f}, new long[] {0, 0}, 0))
                .tensor(Tensor.stored("b", INT32, new byte[8], 2)
                        .quantized(new float[] {0.125f, 0.0625f}, new long[] {0, 0}, 0))
                .tensor(Tensor.computed("y", INT8, 1, 2).quantized(new float[] {0.75f}, new long[] {-7}, 0))
                .operator(0, new int[] {0, 1, 2}, 3)
                .ends(new int[] {0}, 3);
    }

    public TfliteBytes version(int schema) {
        version = schema;
        return this;
    }

    public TfliteBytes kind(int number) {
        kinds.add(number);
        customKinds.add(null);
        return this;
    }

    public TfliteBytes custom(String name) {
        kinds.add(32);
        customKinds.add(name);
        return this;
    }

    public TfliteBytes tensor(Tensor tensor) {
        tensors.add(tensor);
        return this;
    }

    public TfliteBytes replace(int index, Tensor tensor) {
        tensors.set(index, tensor);
        return this;
    }

    public TfliteBytes operator(int kind, int[] takes, int... gives) {
        operators.add(new Operator(kind, takes, gives));
        return this;
    }

    public TfliteBytes ends(int[] takes, int... gives) {
        inputs = takes;
        outputs = gives;
        return this;
    }

    public TfliteBytes withoutGraph() {
        graph = false;
        return this;
    }

    public byte[] bytes() {
        FlatBufferBuilder fb = new FlatBufferBuilder(1024);
        int codes = vector(fb, kinds.size(), i -> operatorCode(fb, kinds.get(i), customKinds.get(i)));
        // Buffer 0 is empty by rule, then one for each tensor.
        int buffers = vector(
                fb,
                tensors.size() + 1,
                i -> buffer(fb, i == 0 ? null : tensors.get(i - 1).values()));
        int graphs = vector(fb, graph ? 1 : 0, i -> graph(fb));
        int description = fb.createString("tests");
        fb.startTable(8);
        fb.addInt(0, version, 0);
        fb.addOffset(1, codes, 0);
        fb.addOffset(2, graphs, 0);
        fb.addOffset(3, description, 0);
        fb.addOffset(4, buffers, 0);
        fb.finish(fb.endTable(), "TFL3");
        return fb.sizedByteArray();
    }

    private static int operatorCode(FlatBufferBuilder fb, int number, String custom) {
        int name = custom == null ? 0 : fb.createString(custom);
        fb.startTable(4);
        fb.addByte(0, (byte) Math.min(number, 127), 0);
        if (custom != null) {
            fb.addOffset(1, name, 0);
        }
        fb.addInt(2, number == FULLY_CONNECTED ? 12 : 1, 1);
        fb.addInt(3, number, 0);
        return fb.endTable();
    }

    private static int buffer(FlatBufferBuilder fb, byte[] values) {
        int data = 0;
        if (values != null) {
            fb.startVector(1, values.length, 16);
            for (int i = values.length - 1; i >= 0; i--) {
                fb.addByte(values[i]);
            }
            data = fb.endVector();
        }
        fb.startTable(3);
        if (values != null) {
            fb.addOffset(0, data, 0);
        }
        return fb.endTable();
    }

    private int graph(FlatBufferBuilder fb) {
        int all = vector(fb, tensors.size(), i -> tensor(fb, tensors.get(i), i + 1));
        int ins = ints(fb, inputs);
        int outs = ints(fb, outputs);
        int runs = vector(fb, operators.size(), i -> operator(fb, operators.get(i)));
        fb.startTable(5);
        fb.addOffset(0, all, 0);
        fb.addOffset(1, ins, 0);
        fb.addOffset(2, outs, 0);
        fb.addOffset(3, runs, 0);
        return fb.endTable();
    }

    private static int tensor(FlatBufferBuilder fb, Tensor tensor, int buffer) {
        int shape = ints(fb, tensor.shape());
        int name = fb.createString(tensor.name());
        int quantization = tensor.scales() == null ? 0 : quantization(fb, tensor);
        fb.startTable(8);
        fb.addOffset(0, shape, 0);
        fb.addByte(1, (byte) tensor.type(), 0);
        fb.addInt(2, buffer, 0);
        fb.addOffset(3, name, 0);
        if (tensor.scales() != null) {
            fb.addOffset(4, quantization, 0);
        }
        return fb.endTable();
    }

    private static int quantization(FlatBufferBuilder fb, Tensor tensor) {
        fb.startVector(4, tensor.scales().length, 4);
        for (int i = tensor.scales().length - 1; i >= 0; i--) {
            fb.addFloat(tensor.scales()[i]);
        }
        int scales = fb.endVector();
        fb.startVector(8, tensor.zeroPoints().length, 8);
        for (int i = tensor.zeroPoints().length - 1; i >= 0; i--) {
            fb.addLong(tensor.zeroPoints()[i]);
        }
        int zeroPoints = fb.endVector();
        fb.startTable(7);
        fb.addOffset(2, scales, 0);
        fb.addOffset(3, zeroPoints, 0);
        fb.addInt(6, tensor.axis(), 0);
        return fb.endTable();
    }

    private int operator(FlatBufferBuilder fb, Operator operator) {
        int ins = ints(fb, operator.inputs());
        int outs = ints(fb, operator.outputs());
        boolean layer = operator.kind() < kinds.size() && kinds.get(operator.kind()) == FULLY_CONNECTED;
        int options = 0;
        if (layer) {
            fb.startTable(4);
            options = fb.endTable();
        }
        fb.startTable(5);
        fb.addInt(0, operator.kind(), 0);
        fb.addOffset(1, ins, 0);
        fb.addOffset(2, outs, 0);
        if (layer) {
            fb.addByte(3, (byte) FULLY_CONNECTED_OPTIONS, 0);
            fb.addOffset(4, options, 0);
        }
        return fb.endTable();
    }

    private static int ints(FlatBufferBuilder fb, int[] values) {
        fb.startVector(4, values.length, 4);
        for (int i = values.length - 1; i >= 0; i--) {
            fb.addInt(values[i]);
        }
        return fb.endVector();
    }

    private static int vector(FlatBufferBuilder fb, int count, IntFunction<Integer> element) {
        int[] offsets = IntStream.range(0, count).map(element::apply).toArray();
        return fb.createVectorOfTables(Arrays.copyOf(offsets, offsets.length));
    }
}
