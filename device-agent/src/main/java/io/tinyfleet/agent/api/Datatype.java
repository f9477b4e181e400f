package io.tinyfleet.agent.api;

import io.tinyfleet.protocol.v1.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The protocol's names of element types, and how JSON numbers become such elements and back. */
enum Datatype {
    BOOL(ElementType.BOOL, 1),
    UINT8(ElementType.UINT8, 1),
    UINT16(ElementType.UINT16, 2),
    UINT32(ElementType.UINT32, 4),
    UINT64(ElementType.UINT64, 8),
    INT8(ElementType.INT8, 1),
    INT16(ElementType.INT16, 2),
    INT32(ElementType.INT32, 4),
    INT64(ElementType.INT64, 8),
    /** Only as binary: JSON has no number for it that everybody reads alike. */
    FP16(ElementType.FLOAT16, 2),
    /** Only as binary, as {@link #FP16}. */
    BF16(ElementType.BFLOAT16, 2),
    FP32(ElementType.FLOAT32, 4),
    FP64(ElementType.FLOAT64, 8);

    private final ElementType type;
    private final int bytes;

    Datatype(ElementType type, int bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    ElementType type() {
        return type;
    }

    int bytes() {
        return bytes;
    }

    boolean isBinaryOnly() {
        return this == FP16 || this == BF16;
    }

    static Optional<Datatype> find(ElementType type) {
        return Arrays.stream(values()).filter(one -> one.type == type).findFirst();
    }

    /** What a type is called in answers; a type that the protocol does not have keeps our name. */
    static String nameOf(ElementType type) {
        return find(type).map(Datatype::name).orElse(type.name());
    }

    static Datatype parse(String name) throws HttpRefusal {
        return Arrays.stream(values())
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new HttpRefusal(
                        400,
                        "datatype '" + name + "' is not one of "
                                + Arrays.stream(values()).map(Datatype::name).collect(Collectors.joining(", "))));
    }

    /** Reads one JSON value into the buffer. */
    void read(JsonCursor json, ByteBuffer data, String tensor) throws HttpRefusal {
        if (this == BOOL) {
            data.put((byte) (json.bool() ? 1 : 0));
            return;
        }
        String number = json.number();
        try {
            switch (this) {
                case FP32 -> data.putFloat(Float.parseFloat(number));
                case FP64 -> data.putDouble(Double.parseDouble(number));
                case UINT64 -> data.putLong(Long.parseUnsignedLong(number));
                case INT64 -> data.putLong(Long.parseLong(number));
                case INT8 -> data.put((byte) whole(number, Byte.MIN_VALUE, Byte.MAX_VALUE));
                case UINT8 -> data.put((byte) whole(number, 0, 0xff));
                case INT16 -> data.putShort((short) whole(number, Short.MIN_VALUE, Short.MAX_VALUE));
                case UINT16 -> data.putShort((short) whole(number, 0, 0xffff));
                case INT32 -> data.putInt((int) whole(number, Integer.MIN_VALUE, Integer.MAX_VALUE));
                case UINT32 -> data.putInt((int) whole(number, 0, 0xffff_ffffL));
                default ->
                    throw new HttpRefusal(
                            400, "input '" + tensor + "': " + this + " can only be sent as binary, not as JSON");
            }
        } catch (NumberFormatException e) {
            throw new HttpRefusal(400, "input '" + tensor + "': " + number + " is no " + this);
        }
    }

    private static long whole(String number, long least, long most) {
        long value = Long.parseLong(number);
        if (value < least || value > most) {
            throw new NumberFormatException(number);
        }
        return value;
    }

    /** Adds the next element as JSON; false for what is not a number. */
    boolean write(ByteBuffer data, StringBuilder json) {
        switch (this) {
            case BOOL -> json.append(data.get() != 0);
            case UINT8 -> json.append(data.get() & 0xff);
            case INT8 -> json.append(data.get());
            case UINT16 -> json.append(data.getShort() & 0xffff);
            case INT16 -> json.append(data.getShort());
            case UINT32 -> json.append(Integer.toUnsignedString(data.getInt()));
            case INT32 -> json.append(data.getInt());
            case UINT64 -> json.append(Long.toUnsignedString(data.getLong()));
            case INT64 -> json.append(data.getLong());
            case FP32 -> {
                float value = data.getFloat();
                json.append(value);
                return Float.isFinite(value);
            }
            case FP64 -> {
                double value = data.getDouble();
                json.append(value);
                return Double.isFinite(value);
            }
            case FP16, BF16 -> {
                return false;
            }
        }
        return true;
    }
}
