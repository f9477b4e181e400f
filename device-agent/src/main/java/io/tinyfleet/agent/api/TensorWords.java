package io.tinyfleet.agent.api;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Tensors in the words of the protocol: {@code 'input' FP32 [1, 576]}; -1 is a free dimension. */
final class TensorWords {

    private TensorWords() {}

    static String of(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> "'" + spec.getName() + "' " + Datatype.nameOf(spec.getType()) + " " + spec.getShapeList())
                .collect(Collectors.joining(", "));
    }

    static String of(ElementType type, long[] shape) {
        return Datatype.nameOf(type) + " " + Arrays.toString(shape);
    }

    /** Type and rank agree, and every dimension is free or equal. */
    static boolean fits(TensorSpec spec, Tensor tensor) {
        long[] shape = tensor.shape();
        if (spec.getType() != tensor.type() || spec.getShapeCount() != shape.length) {
            return false;
        }
        for (int i = 0; i < shape.length; i++) {
            if (spec.getShape(i) >= 0 && spec.getShape(i) != shape[i]) {
                return false;
            }
        }
        return true;
    }
}
