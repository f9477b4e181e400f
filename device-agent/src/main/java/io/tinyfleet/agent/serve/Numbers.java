package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.Affine;
import io.tinyfleet.protocol.v1.ElementType;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Numbers in a tensor that is FLOAT32, or INT8 or UINT8 with a scale and a zero point. */
final class Numbers {

    private final ElementType type;
    private final double scale;
    private final int zeroPoint;

    /** @param quantization null for FLOAT32 */
    Numbers(ElementType type, @Nullable Affine quantization) {
        this.type = type;
        this.scale = quantization == null ? 1 : quantization.getScale();
        this.zeroPoint = quantization == null ? 0 : quantization.getZeroPoint();
    }

    /** The nearest number that the tensor can hold; out of its range, the end of it. */
    void put(ByteBuffer data, int index, double value) {
        switch (type) {
            case INT8 -> data.put(index, (byte) integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> data.put(index, (byte) integer(value, 0, 0xff));
            default -> data.putFloat(index * Float.BYTES, (float) value);
        }
    }

    private int integer(double value, int least, int most) {
        return (int) Math.max(least, Math.min(most, Math.rint(value / scale) + zeroPoint));
    }

    /** All numbers of an output; null if its type is another one. */
    static double @Nullable [] of(Tensor output, @Nullable Affine quantization) {
        ByteBuffer data = output.data();
        if (quantization == null && output.type() == ElementType.FLOAT32) {
            double[] values = new double[output.bytes() / Float.BYTES];
            for (int i = 0; i < values.length; i++) {
                values[i] = data.getFloat(i * Float.BYTES);
            }
            return values;
        }
        boolean unsigned = output.type() == ElementType.UINT8;
        if (quantization == null || !unsigned && output.type() != ElementType.INT8) {
            return null;
        }
        double[] values = new double[output.bytes()];
        for (int i = 0; i < values.length; i++) {
            int q = unsigned ? data.get(i) & 0xff : data.get(i);
            values[i] = quantization.getScale() * (q - quantization.getZeroPoint());
        }
        return values;
    }

    /** 1 / (1 + e^-x). */
    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** {@code e^x / sum e^x}, in place, without overflow. */
    static void softmax(double[] values) {
        double highest = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            highest = Math.max(highest, value);
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.exp(values[i] - highest);
            sum += values[i];
        }
        for (int i = 0; i < values.length; i++) {
            values[i] /= sum;
        }
    }

    /** The output of that name as numbers. */
    static double[] read(List<Tensor> answer, String name, @Nullable Affine quantization)
            throws SlotPipeline.AnswerException {
        for (Tensor output : answer) {
            if (output.name().equals(name)) {
                double[] values = of(output, quantization);
                if (values == null || values.length == 0) {
                    break;
                }
                return requireNumbers(name, values);
            }
        }
        throw new SlotPipeline.AnswerException(
                "output-unusable", "the answer has no numbers in '" + name + "' as the release declares it: " + answer);
    }

    private static double[] requireNumbers(String name, double[] values) throws SlotPipeline.AnswerException {
        for (double value : values) {
            if (Double.isNaN(value)) {
                throw new SlotPipeline.AnswerException(
                        "score-not-a-number", "the output '" + name + "' holds what is not a number");
            }
        }
        return values;
    }
}
