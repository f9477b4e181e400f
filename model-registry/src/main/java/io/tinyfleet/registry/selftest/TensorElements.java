package io.tinyfleet.registry.selftest;

import ai.onnxruntime.OnnxJavaType;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Tensor;

/** Element types that have the same bytes here and in ONNX Runtime. */
final class TensorElements {
    private TensorElements() {}

    static OnnxJavaType toOnnx(Tensor tensor) {
        return switch (tensor.getType()) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT64 -> OnnxJavaType.DOUBLE;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case INT8 -> OnnxJavaType.INT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case UINT8 -> OnnxJavaType.UINT8;
            case BOOL -> OnnxJavaType.BOOL;
            case UINT16, UINT32, UINT64, STRING, ELEMENT_TYPE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("input \"" + tensor.getName() + "\": elements of type "
                        + tensor.getType().name() + " cannot be given to ONNX Runtime from Java");
        };
    }

    static ElementType fromOnnx(String name, OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> ElementType.FLOAT32;
            case DOUBLE -> ElementType.FLOAT64;
            case FLOAT16 -> ElementType.FLOAT16;
            case BFLOAT16 -> ElementType.BFLOAT16;
            case INT8 -> ElementType.INT8;
            case INT16 -> ElementType.INT16;
            case INT32 -> ElementType.INT32;
            case INT64 -> ElementType.INT64;
            case UINT8 -> ElementType.UINT8;
            case BOOL -> ElementType.BOOL;
            case STRING, UNKNOWN ->
                throw new IllegalArgumentException(
                        "output \"" + name + "\": elements of type " + type + " cannot be compared");
        };
    }
}
