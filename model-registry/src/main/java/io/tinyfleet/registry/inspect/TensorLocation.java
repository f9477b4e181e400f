package io.tinyfleet.registry.inspect;

import java.util.List;

/**
 * Where the values of a stored tensor lie in the file.
 *
 * @param name as the file gives it; neither promised to be unique nor to be there. A tensor inside a node of an ONNX graph
 *     has the node's number in front: {@code 12/value}
 * @param elementType in small letters as the format names it, such as {@code int8}, {@code float32} or {@code q4_0}
 * @param offset of the first byte
 * @param length in bytes, at least 1; offset and length lie inside the file
 * @param rowElements numbers of the innermost dimension; 0: a scalar or a vector
 */
public record TensorLocation(String name, String elementType, long offset, long length, long rowElements) {
    /** Checks the values. */
    public TensorLocation {
        if (offset < 0 || length < 1 || rowElements < 0) {
            throw new IllegalArgumentException(
                    "no tensor of " + length + " bytes in rows of " + rowElements + " lies at byte " + offset);
        }
    }

    /** Numbers of the innermost dimension of a shape, 0 when there are no rows. */
    static long rowOf(List<Long> shape) {
        return shape.size() < 2 ? 0 : Math.max(0, shape.get(shape.size() - 1));
    }
}
