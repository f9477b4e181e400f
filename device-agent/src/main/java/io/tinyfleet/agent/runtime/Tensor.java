package io.tinyfleet.agent.runtime;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.v1.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * A named tensor over a little-endian, row-major buffer. The buffer is shared, not copied: whoever made the
 * tensor may change its content between inferences, never during one.
 */
public final class Tensor {

    public static final int MAX_RANK = 16;
    public static final int MAX_NAME_BYTES = 256;

    private static final Map<ElementType, Integer> ELEMENT_BYTES = Map.ofEntries(
            Map.entry(ElementType.FLOAT32, 4),
            Map.entry(ElementType.FLOAT64, 8),
            Map.entry(ElementType.FLOAT16, 2),
            Map.entry(ElementType.BFLOAT16, 2),
            Map.entry(ElementType.INT8, 1),
            Map.entry(ElementType.INT16, 2),
            Map.entry(ElementType.INT32, 4),
            Map.entry(ElementType.INT64, 8),
            Map.entry(ElementType.UINT8, 1),
            Map.entry(ElementType.UINT16, 2),
            Map.entry(ElementType.UINT32, 4),
            Map.entry(ElementType.UINT64, 8),
            Map.entry(ElementType.BOOL, 1));

    private final String name;
    private final ElementType type;
    private final long[] shape;
    private final ByteBuffer data;

    /** The buffer's bytes from position to limit are the tensor. */
    public Tensor(String name, ElementType type, long[] shape, ByteBuffer data) {
        long expected = byteSize(name, type, shape);
        if (data.remaining() != expected) {
            throw new IllegalArgumentException("tensor '" + name + "' " + type + Arrays.toString(shape) + " takes "
                    + expected + " bytes, got " + data.remaining());
        }
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        this.data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A tensor of zeros in memory of its own. */
    public static Tensor zeros(String name, ElementType type, long... shape) {
        int bytes = Math.toIntExact(byteSize(name, type, shape));
        return new Tensor(name, type, shape, ByteBuffer.allocateDirect(bytes));
    }

    public static Tensor fromProto(io.tinyfleet.protocol.v1.Tensor proto) {
        long[] shape = proto.getShapeList().stream().mapToLong(Long::longValue).toArray();
        ByteBuffer copy = ByteBuffer.allocateDirect(proto.getData().size());
        proto.getData().copyTo(copy);
        copy.flip();
        return new Tensor(proto.getName(), proto.getType(), shape, copy);
    }

    public io.tinyfleet.protocol.v1.Tensor toProto() {
        io.tinyfleet.protocol.v1.Tensor.Builder proto = io.tinyfleet.protocol.v1.Tensor.newBuilder()
                .setName(name)
                .setType(type)
                .setData(ByteString.copyFrom(data()));
        for (long dimension : shape) {
            proto.addShape(dimension);
        }
        return proto.build();
    }

    public String name() {
        return name;
    }

    public ElementType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    public boolean hasShape(long[] other) {
        return Arrays.equals(shape, other);
    }

    public int bytes() {
        return data.limit();
    }

    public int elementBytes() {
        return ELEMENT_BYTES.getOrDefault(type, 0);
    }

    /** The same content in memory of its own. */
    public Tensor copy() {
        ByteBuffer own = ByteBuffer.allocateDirect(data.limit());
        own.put(data());
        own.flip();
        return new Tensor(name, type, shape, own);
    }

    /** A view from the first to the last byte, with a position of its own. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    public float floatAt(int index) {
        return data.getFloat(index * Float.BYTES);
    }

    public void setFloat(int index, float value) {
        data.putFloat(index * Float.BYTES, value);
    }

    public void setLong(int index, long value) {
        data.putLong(index * Long.BYTES, value);
    }

    /** Takes over the other tensor's content; type and size must agree. */
    public void copyFrom(Tensor other) {
        if (other.type != type || other.bytes() != bytes()) {
            throw new IllegalArgumentException("tensor '" + name + "' cannot take over " + other);
        }
        data.put(0, other.data, 0, other.bytes());
    }

    public void fillWithZeros() {
        for (int i = 0; i < data.limit(); i++) {
            data.put(i, (byte) 0);
        }
    }

    /** How many bytes such a tensor takes; refuses what cannot be one. */
    public static long byteSize(String name, ElementType type, long[] shape) {
        if (name.isEmpty() || name.length() > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    "a tensor's name has 1 to " + MAX_NAME_BYTES + " characters, got " + name.length());
        }
        Integer elementBytes = ELEMENT_BYTES.get(type);
        if (elementBytes == null) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "': elements of type " + type + " are not supported");
        }
        if (shape.length > MAX_RANK) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "': at most " + MAX_RANK + " dimensions, got " + shape.length);
        }
        long size = elementBytes;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException(
                        "tensor '" + name + "': a dimension must be at least 0, got " + Arrays.toString(shape));
            }
            size = multiply(name, size, dimension);
        }
        return size;
    }

    private static long multiply(String name, long size, long dimension) {
        long product = Math.multiplyHigh(size, dimension) == 0 ? size * dimension : -1;
        if (product < 0 || product > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("tensor '" + name + "': over " + Integer.MAX_VALUE + " bytes");
        }
        return product;
    }

    @Override
    public String toString() {
        return "'" + name + "' " + type + Arrays.toString(shape);
    }
}
