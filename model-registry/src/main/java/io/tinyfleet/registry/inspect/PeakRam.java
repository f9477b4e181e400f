package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.v1.ElementType;
import java.util.List;

/**
 * How much memory a model is likely to take in a device's worker, from what its file says. It is an estimate to be
 * replaced by a measurement. In all formats it leaves out the runtime's own memory (some 60 MB for TFLite and 90 MB for
 * ONNX Runtime with the JVM around them), the scratch memory inside single operators, and several calls at once. A free
 * dimension counts as 1.
 *
 * <ul>
 *   <li>TFLite: the stored tensors twice (the mapped file and XNNPACK's packed copy), and the largest sum of computed
 *       tensors that are alive at one operator. The runtime's arena is a little larger, as it cannot always fill gaps.
 *   <li>ONNX: the stored tensors twice (the session's and those packed for its kernels), inputs and outputs, and twice
 *       the largest computed tensor whose shape the file states. An exporter that states none leaves all of them out.
 *   <li>GGUF: the stored tensors once (mapped), the cache of keys and values in 16-bit floats for
 *       {@value #MAX_CONTEXT} tokens or the model's own context if that is shorter, and one row of logits.
 * </ul>
 */
final class PeakRam {
    static final int MAX_CONTEXT = 4096;

    private PeakRam() {}

    static long ofOnnx(long storedBytes, List<TensorShape> inputs, List<TensorShape> outputs, long largestComputed) {
        long peak = add(storedBytes, storedBytes);
        for (TensorShape end : inputs) {
            peak = add(peak, bytesOf(end));
        }
        for (TensorShape end : outputs) {
            peak = add(peak, bytesOf(end));
        }
        return add(peak, add(largestComputed, largestComputed));
    }

    static long ofTflite(long storedBytes, long largestAlive) {
        return add(add(storedBytes, storedBytes), largestAlive);
    }

    static long ofGguf(long storedBytes, long cacheBytes, long logitsBytes) {
        return add(add(storedBytes, cacheBytes), logitsBytes);
    }

    /** Bytes of a tensor whose free dimensions are 1. */
    static long bytesOf(TensorShape tensor) {
        long bytes = bytesOf(tensor.type());
        for (long dimension : tensor.shape()) {
            bytes = multiply(bytes, Math.max(1, dimension));
        }
        return bytes;
    }

    /** Never over {@link Long#MAX_VALUE}: a file may state any number. */
    static long add(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /** Never over {@link Long#MAX_VALUE}; both are not negative. */
    static long multiply(long a, long b) {
        return b != 0 && a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
    }

    private static int bytesOf(ElementType type) {
        return switch (type) {
            case INT8, UINT8, BOOL -> 1;
            case FLOAT16, BFLOAT16, INT16, UINT16 -> 2;
            case FLOAT32, INT32, UINT32 -> 4;
            case FLOAT64, INT64, UINT64 -> 8;
            // Text has no size of its own.
            case STRING, ELEMENT_TYPE_UNSPECIFIED, UNRECOGNIZED -> 0;
        };
    }
}
