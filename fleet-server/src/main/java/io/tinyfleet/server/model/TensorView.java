package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.registry.inspect.TensorShape;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One input or output of a model. A dimension of -1 is free. No dimensions are what a scalar has, and also a tensor whose
 * shape the file does not state: the two cannot be told apart.
 *
 * @param quantization what its integers stand for, where the file says so
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TensorView(
        String name,
        ElementType type,
        List<Long> shape,
        @Nullable QuantizationView quantization) {
    public TensorView {
        shape = List.copyOf(shape);
    }

    TensorSpec toSpec() {
        return TensorSpec.newBuilder()
                .setName(name)
                .setType(type)
                .addAllShape(shape)
                .build();
    }

    static TensorView of(TensorShape found) {
        return new TensorView(
                found.name(),
                found.type(),
                found.shape(),
                found.quantization().map(QuantizationView::of).orElse(null));
    }

    /** Whether a tensor of this shape may stand here: same rank, and every dimension free or equal. */
    boolean takes(List<Long> other) {
        if (shape.isEmpty()) {
            return true;
        }
        if (other.size() != shape.size()) {
            return false;
        }
        for (int i = 0; i < shape.size(); i++) {
            if (shape.get(i) >= 0 && !shape.get(i).equals(other.get(i))) {
                return false;
            }
        }
        return true;
    }

    String describe() {
        return type + describe(shape);
    }

    static String describe(List<Long> shape) {
        return shape.stream().map(d -> d < 0 ? "?" : Long.toString(d)).collect(Collectors.joining(", ", "[", "]"));
    }
}
