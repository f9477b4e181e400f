package io.tinyfleet.registry.inspect;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The tensors stored in a model file.
 *
 * @param bytes of all of them, as stored
 * @param bytesByType the same by element type, in small letters as the format names it: {@code float32}, {@code int8},
 *     {@code q4_0}
 * @param quantized tensors with their scales, stored ones and computed ones. A TFLite file states them; an ONNX file
 *     has them as values of its operators and a GGUF file inside its blocks, so for those the list is empty
 */
public record Weights(long bytes, SortedMap<String, Long> bytesByType, List<QuantizedTensor> quantized) {
    /** Takes copies. */
    public Weights {
        bytesByType = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, Long>) bytesByType));
        quantized = List.copyOf(quantized);
    }
}
