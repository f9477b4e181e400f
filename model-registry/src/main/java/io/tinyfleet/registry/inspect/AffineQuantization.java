package io.tinyfleet.registry.inspect;

/**
 * How the integers of a tensor stand for real numbers: {@code real = scale * (integer - zeroPoint)}, for the whole tensor
 * or for each channel along one axis. Immutable.
 */
public final class AffineQuantization {
    private final float[] scales;
    private final long[] zeroPoints;
    private final int axis;

    /** Takes the arrays over: nobody else may keep them. There are as many zero points as scales, at least one. */
    AffineQuantization(float[] scales, long[] zeroPoints, int axis) {
        if (scales.length == 0 || scales.length != zeroPoints.length) {
            throw new IllegalArgumentException(
                    "as many zero points as scales, at least one: " + scales.length + ", " + zeroPoints.length);
        }
        this.scales = scales;
        this.zeroPoints = zeroPoints;
        this.axis = axis;
    }

    /** 1 when the whole tensor has one scale. */
    public int channels() {
        return scales.length;
    }

    /** The dimension that the channels lie along; 0 and meaningless when there is one scale. */
    public int axis() {
        return axis;
    }

    public boolean perChannel() {
        return scales.length > 1;
    }

    public float scale(int channel) {
        return scales[channel];
    }

    public long zeroPoint(int channel) {
        return zeroPoints[channel];
    }

    @Override
    public String toString() {
        return perChannel()
                ? scales.length + " scales along axis " + axis
                : "scale " + scales[0] + ", zero point " + zeroPoints[0];
    }
}
