package io.tinyfleet.agent.serve;

import io.tinyfleet.protocol.v1.MelScale;

/** Triangular filters on the mel scale, as librosa and HTK make them. */
final class MelFilters {

    /** Slaney's scale: 3 mels for 200 Hz up to 1 kHz, then 27 mels for each factor of 6.4. */
    private static final double SLANEY_HZ_A_MEL = 200.0 / 3;

    private static final double SLANEY_BREAK_HZ = 1000;
    private static final double SLANEY_BREAK_MEL = SLANEY_BREAK_HZ / SLANEY_HZ_A_MEL;
    private static final double SLANEY_LOG_STEP = Math.log(6.4) / 27;

    private MelFilters() {}

    static double toMel(MelScale scale, double hz) {
        if (scale == MelScale.HTK) {
            return 2595 * Math.log10(1 + hz / 700);
        }
        return hz < SLANEY_BREAK_HZ
                ? hz / SLANEY_HZ_A_MEL
                : SLANEY_BREAK_MEL + Math.log(hz / SLANEY_BREAK_HZ) / SLANEY_LOG_STEP;
    }

    static double toHz(MelScale scale, double mel) {
        if (scale == MelScale.HTK) {
            return 700 * (Math.pow(10, mel / 2595) - 1);
        }
        return mel < SLANEY_BREAK_MEL
                ? mel * SLANEY_HZ_A_MEL
                : SLANEY_BREAK_HZ * Math.exp((mel - SLANEY_BREAK_MEL) * SLANEY_LOG_STEP);
    }

    /**
     * Weights of each FFT bin in each mel bin.
     *
     * @return {@code [bins][fftSize / 2 + 1]}
     */
    static float[][] weights(MelScale scale, int bins, double lowestHz, double highestHz, int fftSize, int rateHz) {
        double[] edges = new double[bins + 2];
        double low = toMel(scale, lowestHz);
        double high = toMel(scale, highestHz);
        for (int i = 0; i < edges.length; i++) {
            edges[i] = toHz(scale, low + (high - low) * i / (bins + 1));
        }
        float[][] weights = new float[bins][fftSize / 2 + 1];
        for (int bin = 0; bin < bins; bin++) {
            double height = scale == MelScale.SLANEY ? 2 / (edges[bin + 2] - edges[bin]) : 1;
            for (int k = 0; k <= fftSize / 2; k++) {
                double hz = (double) k * rateHz / fftSize;
                double up = (hz - edges[bin]) / (edges[bin + 1] - edges[bin]);
                double down = (edges[bin + 2] - hz) / (edges[bin + 2] - edges[bin + 1]);
                weights[bin][k] = (float) (height * Math.max(0, Math.min(up, down)));
            }
        }
        return weights;
    }
}
