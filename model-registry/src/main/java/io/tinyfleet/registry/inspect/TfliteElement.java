package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import java.util.Optional;

/** TFLite's element types, in the order of their numbers in the file ({@code TensorType} of schema.fbs). */
enum TfliteElement {
    FLOAT32(ElementType.FLOAT32, 32),
    FLOAT16(ElementType.FLOAT16, 16),
    INT32(ElementType.INT32, 32),
    UINT8(ElementType.UINT8, 8),
    INT64(ElementType.INT64, 64),
    STRING(ElementType.STRING, 0),
    BOOL(ElementType.BOOL, 8),
    INT16(ElementType.INT16, 16),
    COMPLEX64(ElementType.ELEMENT_TYPE_UNSPECIFIED, 64),
    INT8(ElementType.INT8, 8),
    FLOAT64(ElementType.FLOAT64, 64),
    COMPLEX128(ElementType.ELEMENT_TYPE_UNSPECIFIED, 128),
    UINT64(ElementType.UINT64, 64),
    RESOURCE(ElementType.ELEMENT_TYPE_UNSPECIFIED, 0),
    VARIANT(ElementType.ELEMENT_TYPE_UNSPECIFIED, 0),
    UINT32(ElementType.UINT32, 32),
    UINT16(ElementType.UINT16, 16),
    INT4(ElementType.ELEMENT_TYPE_UNSPECIFIED, 4),
    BFLOAT16(ElementType.BFLOAT16, 16);

    private static final TfliteElement[] BY_NUMBER = values();

    private final ElementType type;
    private final int bits;

    TfliteElement(ElementType type, int bits) {
        this.type = type;
        this.bits = bits;
    }

    static Optional<TfliteElement> find(int number) {
        return number >= 0 && number < BY_NUMBER.length ? Optional.of(BY_NUMBER[number]) : Optional.empty();
    }

    ElementType type() {
        return type;
    }

    /** Of one element; 0 when it has no fixed size. */
    int bits() {
        return bits;
    }

    boolean integer() {
        return switch (this) {
            case INT4, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> true;
            case FLOAT32, FLOAT16, STRING, BOOL, COMPLEX64, FLOAT64, COMPLEX128, RESOURCE, VARIANT, BFLOAT16 -> false;
        };
    }
}
