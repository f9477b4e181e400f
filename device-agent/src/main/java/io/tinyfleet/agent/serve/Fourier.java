package io.tinyfleet.agent.serve;

/** The fast Fourier transform of Cooley and Tukey (1965), radix 2, in place. */
final class Fourier {

    private final int size;
    private final double[] cosines;
    private final double[] sines;

    /** @param size a power of two */
    Fourier(int size) {
        if (size < 2 || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("a transform's size is a power of two of at least 2, got " + size);
        }
        this.size = size;
        this.cosines = new double[size / 2];
        this.sines = new double[size / 2];
        for (int i = 0; i < size / 2; i++) {
            cosines[i] = Math.cos(2 * Math.PI * i / size);
            sines[i] = Math.sin(2 * Math.PI * i / size);
        }
    }

    void transform(double[] real, double[] imaginary) {
        reorder(real, imaginary);
        for (int half = 1; half < size; half *= 2) {
            int step = size / (2 * half);
            for (int start = 0; start < size; start += 2 * half) {
                for (int k = 0; k < half; k++) {
                    butterfly(real, imaginary, start + k, start + k + half, k * step);
                }
            }
        }
    }

    private void butterfly(double[] real, double[] imaginary, int even, int odd, int turn) {
        double r = real[odd] * cosines[turn] + imaginary[odd] * sines[turn];
        double i = imaginary[odd] * cosines[turn] - real[odd] * sines[turn];
        real[odd] = real[even] - r;
        imaginary[odd] = imaginary[even] - i;
        real[even] += r;
        imaginary[even] += i;
    }

    private void reorder(double[] real, double[] imaginary) {
        int bits = Integer.numberOfTrailingZeros(size);
        for (int i = 0; i < size; i++) {
            int other = Integer.reverse(i) >>> (Integer.SIZE - bits);
            if (other > i) {
                double r = real[i];
                real[i] = real[other];
                real[other] = r;
                double m = imaginary[i];
                imaginary[i] = imaginary[other];
                imaginary[other] = m;
            }
        }
    }
}
