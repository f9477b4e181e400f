package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import java.util.Locale;

/** ONNX's numbers for element types ({@code TensorProto.DataType}). */
final class OnnxElements {
    static final int STRING = 8;

    private static final int BITS_PER_BYTE = 8;

    private OnnxElements() {}

    static ElementType typeOf(long onnx) {
        return switch ((int) Math.max(-1, Math.min(onnx, 1000))) {
            case 1 -> ElementType.FLOAT32;
            case 2 -> ElementType.UINT8;
            case 3 -> ElementType.INT8;
            case 4 -> ElementType.UINT16;
            case 5 -> ElementType.INT16;
            case 6 -> ElementType.INT32;
            case 7 -> ElementType.INT64;
            case STRING -> ElementType.STRING;
            case 9 -> ElementType.BOOL;
            case 10 -> ElementType.FLOAT16;
            case 11 -> ElementType.FLOAT64;
            case 12 -> ElementType.UINT32;
            case 13 -> ElementType.UINT64;
            case 16 -> ElementType.BFLOAT16;
            default -> ElementType.ELEMENT_TYPE_UNSPECIFIED;
        };
    }

    /** Bits of one element as raw data; 0 when unknown or of no fixed size. */
    static int bitsOf(long onnx) {
        return switch ((int) Math.max(-1, Math.min(onnx, 1000))) {
            case 2, 3, 9, 17, 18, 19, 20, 24 -> 8;
            case 4, 5, 10, 16 -> 16;
            case 1, 6, 12 -> 32;
            case 7, 11, 13, 14 -> 64;
            case 15 -> 128;
            case 21, 22, 23 -> 4;
            default -> 0;
        };
    }

    /** Its name in small letters, as onnx.proto has it but without underscores; {@code type-N} for one unknown here. */
    static String wordOf(long onnx) {
        ElementType type = typeOf(onnx);
        if (type != ElementType.ELEMENT_TYPE_UNSPECIFIED) {
            return type.name().toLowerCase(Locale.ROOT);
        }
        return switch ((int) Math.max(-1, Math.min(onnx, 1000))) {
            case 14 -> "complex64";
            case 15 -> "complex128";
            case 17, 18, 19, 20 -> "float8";
            case 21 -> "uint4";
            case 22 -> "int4";
            case 23 -> "float4";
            default -> "type-" + onnx;
        };
    }

    static long bytesOf(long elements, int bits) {
        return Math.addExact(Math.multiplyExact(elements, (long) bits), BITS_PER_BYTE - 1L) / BITS_PER_BYTE;
    }
}
