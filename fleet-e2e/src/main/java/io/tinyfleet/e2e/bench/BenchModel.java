package io.tinyfleet.e2e.bench;

import io.tinyfleet.e2e.onnx.OnnxFile;
import java.util.Random;

/** An ONNX file of random weights and of exactly the size asked for. */
final class BenchModel {
    private static final int OPSET = 16;
    private static final int ROOM_FOR_THE_REST = 1024;

    private BenchModel() {}

    static byte[] ofSize(int bytes, long seed) {
        byte[] weights = new byte[(bytes - ROOM_FOR_THE_REST) / Float.BYTES * Float.BYTES];
        new Random(seed).nextBytes(weights);
        int padding = bytes - file(weights, 0).length;
        // The padding's own length takes bytes too: as many as it takes until the size is right.
        for (int less = 0; less < 8; less++) {
            byte[] file = file(weights, padding - less);
            if (file.length == bytes) {
                return file;
            }
        }
        throw new IllegalStateException("no padding leads to " + bytes + " bytes");
    }

    private static byte[] file(byte[] weights, int padding) {
        return new OnnxFile("bench", OPSET)
                .producer("x".repeat(padding))
                .node("Identity", "y", "w")
                .initializer("w", weights, weights.length / Float.BYTES)
                .input("x", 4)
                .output("y", 4)
                .bytes();
    }
}
