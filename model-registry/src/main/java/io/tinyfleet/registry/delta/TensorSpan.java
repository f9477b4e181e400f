package io.tinyfleet.registry.delta;

/**
 * Where a tensor's numbers lie in a model file.
 *
 * @param elementBytes bytes of a number; 1 also for blocks that mix several
 * @param rowElements numbers of the innermost dimension, bytes of a block where there are blocks; 0: a scalar or a vector
 */
record TensorSpan(String name, long offset, long length, int elementBytes, long rowElements) {}
