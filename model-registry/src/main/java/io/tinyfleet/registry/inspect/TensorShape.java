package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.List;
import java.util.Optional;

/**
 * An input or output of a graph.
 *
 * @param type {@code ELEMENT_TYPE_UNSPECIFIED} for an output that is no tensor or has an element type unknown here
 * @param shape one number for each dimension, -1 where it is free; empty for a scalar and where no shape is stated
 * @param quantization what its integers stand for, where the file says so
 */
public record TensorShape(String name, ElementType type, List<Long> shape, Optional<AffineQuantization> quantization) {
    /** Takes a copy of the shape. */
    public TensorShape {
        shape = List.copyOf(shape);
    }

    /** One of plain numbers. */
    public TensorShape(String name, ElementType type, List<Long> shape) {
        this(name, type, shape, Optional.empty());
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
