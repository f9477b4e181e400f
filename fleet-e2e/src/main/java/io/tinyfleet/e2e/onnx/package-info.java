/** Writes ONNX files whose size or answers are known. */
@NullMarked
package io.tinyfleet.e2e.onnx;

import org.jspecify.annotations.NullMarked;
