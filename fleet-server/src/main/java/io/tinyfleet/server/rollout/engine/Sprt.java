package io.tinyfleet.server.rollout.engine;

/**
 * Wald's sequential probability ratio test of a failure share p0 against p1 (A. Wald, "Sequential Tests of Statistical
 * Hypotheses", Annals of Mathematical Statistics 16, 1945), used one-sided on each side: FAIL at ln(1/alpha) and PASS at
 * ln(beta), so that either error is bounded at whatever moment one looks.
 *
 * @param p0 failure share of a model that is good enough
 * @param p1 failure share of a model that must be stopped
 * @param alpha bound on stopping a model with p0
 * @param beta bound on passing a model with p1
 */
public record Sprt(double p0, double p1, double alpha, double beta) {

    public static final double DEFAULT_BETA = 0.05;
    /** Four fifths of the rollout's alpha of 1 %; the rest belongs to the other gates. */
    public static final Sprt DEFAULT = new Sprt(0.01, 0.08, 0.008, DEFAULT_BETA);

    public Sprt {
        if (!(p0 > 0 && p0 < p1 && p1 < 1)) {
            throw new IllegalArgumentException("0 < p0 < p1 < 1 must hold, got p0 " + p0 + ", p1 " + p1);
        }
        if (!(alpha > 0 && alpha < 0.5) || !(beta > 0 && beta < 0.5)) {
            throw new IllegalArgumentException(
                    "alpha and beta must lie between 0 and 0.5, got alpha " + alpha + ", beta " + beta);
        }
    }

    double failureStep() {
        return Math.log(p1 / p0);
    }

    /** Negative. */
    double healthyStep() {
        return Math.log((1 - p1) / (1 - p0));
    }

    double llr(int failed, int healthy) {
        return failed * failureStep() + healthy * healthyStep();
    }

    public double rejectAt() {
        return Math.log(1 / alpha);
    }

    public double acceptAt() {
        return Math.log(beta);
    }

    /** Clean devices until PASS. */
    public int shortestPass() {
        return (int) Math.ceil(acceptAt() / healthyStep());
    }

    /**
     * Probability that FAIL is reached within so many devices, exactly: the chance of each count of failures among those
     * not yet stopped is carried from device to device.
     */
    public double stoppedShare(double failureShare, int devices) {
        double[] going = new double[devices + 1];
        going[0] = 1;
        double stopped = 0;
        for (int n = 1; n <= devices; n++) {
            for (int failed = n; failed >= 0; failed--) {
                double reached = going[failed] * (1 - failureShare);
                if (failed > 0) {
                    reached += going[failed - 1] * failureShare;
                }
                boolean crossed = llr(failed, n - failed) >= rejectAt();
                stopped += crossed ? reached : 0;
                going[failed] = crossed ? 0 : reached;
            }
        }
        return stopped;
    }
}
