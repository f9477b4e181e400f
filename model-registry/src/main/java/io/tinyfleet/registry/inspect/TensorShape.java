package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.List;

/**
 * An input or output of a graph.
 *
 * @param type {@code ELEMENT_TYPE_UNSPECIFIED} for an output that is no tensor or has an element type unknown here
 * @param shape one number for each dimension, -1 where it is free; empty for a scalar and where no shape is stated
 */
public record TensorShape(String name, ElementType type, List<Long> shape) {
    /** Takes a copy of the shape. */
    public TensorShape {
        shape = List.copyOf(shape);
    }

    /** The same in a release manifest. */
    public TensorSpec toSpec() {
        return TensorSpec.newBuilder()
                .setName(name)
                .setType(type)
                .addAllShape(shape)
                .build();
    }
}
