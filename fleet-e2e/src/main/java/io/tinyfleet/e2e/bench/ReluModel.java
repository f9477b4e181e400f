package io.tinyfleet.e2e.bench;

import io.tinyfleet.e2e.onnx.OnnxFile;

/** An ONNX file with one operator, Relu from x to y: what a call costs besides the model. */
final class ReluModel {
    private static final int OPSET = 16;

    private ReluModel() {}

    /** @param floats in x and in y, as a row */
    static byte[] of(int floats) {
        return new OnnxFile("relu", OPSET)
                .node("Relu", "y", "x")
                .input("x", 1, floats)
                .output("y", 1, floats)
                .bytes();
    }
}
