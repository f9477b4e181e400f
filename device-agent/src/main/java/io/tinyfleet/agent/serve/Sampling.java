package io.tinyfleet.agent.serve;

/**
 * Which inputs are of a shadow's share. Inputs that stand by themselves are taken evenly. A model that remembers its
 * stream is given stretches of inputs without a gap, because its answers mean nothing without what came before.
 */
final class Sampling {

    /** Compared inputs of one stretch. */
    static final int STRETCH = 256;

    private final double share;
    private double credit;
    private long taken;
    private long left;

    Sampling(double share) {
        this.share = share;
    }

    /** Whether the next input is one of the share, for a pipeline that remembers so many. */
    boolean takes(int memory) {
        if (memory == 0 || share >= 1) {
            credit += share;
            boolean full = credit >= 1;
            credit -= full ? 1 : 0;
            return full;
        }
        long stretch = (long) STRETCH + memory;
        if (taken < stretch) {
            taken++;
            left = Math.round(stretch * (1 - share) / share);
            return true;
        }
        left--;
        if (left <= 0) {
            taken = 0;
        }
        return false;
    }
}
