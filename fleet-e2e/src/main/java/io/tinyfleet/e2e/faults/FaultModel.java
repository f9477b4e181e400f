package io.tinyfleet.e2e.faults;

import io.tinyfleet.e2e.onnx.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * ONNX files whose answers are known: {@code y = mean(x) + answer}, one number. Random weights that nothing uses give
 * them their size.
 */
public final class FaultModel {
    /** Three chunks. */
    static final int BYTES = 120_000;

    private static final int OPSET = 13;

    private FaultModel() {}

    public static byte[] onnx(int weightBytes, float answer, long seed) {
        byte[] weights = new byte[weightBytes / Float.BYTES * Float.BYTES];
        new Random(seed).nextBytes(weights);
        byte[] number = ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(answer)
                .array();
        return new OnnxFile("fault", OPSET)
                .node("ReduceMean", "mean", "x")
                .node("Add", "y", "mean", "answer")
                .initializer("answer", number, 1, 1)
                .initializer("weights", weights, weights.length / Float.BYTES)
                .input("x", 1, FaultFleet.FRAME_SAMPLES)
                .output("y", 1, 1)
                .bytes();
    }
}
