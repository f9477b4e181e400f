package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ModelFormat;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a model file says about itself.
 *
 * @param formatVersion ONNX: version of the intermediate representation; TFLite: of the schema; GGUF: of the container
 * @param inputs what a caller must give: the graph's inputs without those that have a stored value. A GGUF file has no
 *     graph, so it has neither inputs nor outputs
 * @param outputs what it answers
 * @param operators how often each operator occurs, bodies of If and Loop included; ONNX names of other domains as
 *     {@code domain:Operator}
 * @param opsets ONNX: operator set version by domain; the standard domain is {@code ai.onnx}
 * @param producer program and version that wrote the file, empty when unstated
 * @param estimatedPeakRamBytes what loading and running it is likely to take; see {@link PeakRam}
 * @param metadata a few facts in words that belong to the format, such as {@code general.architecture}
 */
public record Inspection(
        ModelFormat format,
        int formatVersion,
        List<TensorShape> inputs,
        List<TensorShape> outputs,
        SortedMap<String, Integer> operators,
        SortedMap<String, Integer> opsets,
        String producer,
        Weights weights,
        long estimatedPeakRamBytes,
        SortedMap<String, String> metadata) {
    /** The name under which the standard operators stand in {@link #opsets()}. */
    public static final String STANDARD_DOMAIN = "ai.onnx";

    /** Takes copies. */
    public Inspection {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, Integer>) operators));
        opsets = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, Integer>) opsets));
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, String>) metadata));
    }

    /** Version of the standard operator set; 0 when the model uses none. */
    public int opset() {
        return opsets.getOrDefault(STANDARD_DOMAIN, 0);
    }

    /** Bytes of all tensors stored in the file. */
    public long parameterBytes() {
        return weights.bytes();
    }
}
