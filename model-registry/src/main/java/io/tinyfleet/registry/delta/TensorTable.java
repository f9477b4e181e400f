package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.registry.inspect.ModelInspector;
import io.tinyfleet.registry.inspect.ModelRefused;
import io.tinyfleet.registry.inspect.TensorLocation;
import java.io.IOException;
import java.util.List;

/** The tensors of a model file of any format that is known. */
final class TensorTable {
    private TensorTable() {}

    static List<TensorSpan> read(BaseBytes file) throws IOException, ModelRefused {
        return ModelInspector.locateTensors(file).stream()
                .map(TensorTable::span)
                .toList();
    }

    private static TensorSpan span(TensorLocation tensor) {
        int width = elementBytes(tensor.elementType());
        long block = blockBytes(tensor.elementType());
        return new TensorSpan(
                tensor.name(), tensor.offset(), tensor.length(), width, block > 0 ? block : tensor.rowElements());
    }

    private static int elementBytes(String type) {
        return switch (type) {
            case "float64", "int64", "uint64", "complex64", "f64", "i64" -> Double.BYTES;
            case "float32", "int32", "uint32", "f32", "i32" -> Float.BYTES;
            case "float16", "bfloat16", "int16", "uint16", "f16", "bf16", "i16" -> Short.BYTES;
            default -> 1;
        };
    }

    /** Bytes of a GGUF block, which begins with its scale: byte n of each block is of one kind. 0: no blocks. */
    private static long blockBytes(String type) {
        return switch (type) {
            case "q4_0" -> 18;
            case "q4_1" -> 20;
            case "q5_0" -> 22;
            case "q5_1" -> 24;
            case "q8_0" -> 34;
            case "q8_1" -> 36;
            case "q2_k" -> 84;
            case "q3_k" -> 110;
            case "q4_k" -> 144;
            case "q5_k" -> 176;
            case "q6_k" -> 210;
            case "q8_k" -> 292;
            default -> 0;
        };
    }
}
