package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;

/**
 * A tensor of integers that stand for real numbers.
 *
 * @param type {@code ELEMENT_TYPE_UNSPECIFIED} for one that the wire has no word for, such as 4-bit integers
 * @param constant its values are stored in the file
 */
public record QuantizedTensor(String name, ElementType type, AffineQuantization quantization, boolean constant) {}
