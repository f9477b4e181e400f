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
 * @param inputs what a caller must give: the graph's inputs without those that have a stored value
 * @param outputs what it answers
 * @param operators how often each operator occurs, bodies of If and Loop included; names of other domains as
 *     {@code domain:Operator}
 * @param opsets operator set version by domain; the standard domain is {@code ai.onnx}
 * @param producer program and version that wrote the file, empty when unstated
 * @param parameterBytes bytes of all tensors stored in the file
 */
public record Inspection(
        ModelFormat format,
        List<TensorShape> inputs,
        List<TensorShape> outputs,
        SortedMap<String, Integer> operators,
        SortedMap<String, Integer> opsets,
        String producer,
        long parameterBytes) {
    /** The name under which the standard operators stand in {@link #opsets()}. */
    public static final String STANDARD_DOMAIN = "ai.onnx";

    /** Takes copies. */
    public Inspection {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, Integer>) operators));
        opsets = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, Integer>) opsets));
    }

    /** Version of the standard operator set; 0 when the model uses none. */
    public int opset() {
        return opsets.getOrDefault(STANDARD_DOMAIN, 0);
    }
}
