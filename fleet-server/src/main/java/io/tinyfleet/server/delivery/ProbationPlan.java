package io.tinyfleet.server.delivery;

/**
 * How long and how much a device must run a new model before it says HEALTHY.
 *
 * @param runningSeconds time the model must have run within its budgets; 0 asks for none
 * @param minInferences inferences it must have answered; 0 asks for none
 * @param deadlineSeconds after which too few inferences mean IDLE
 */
public record ProbationPlan(int runningSeconds, long minInferences, int deadlineSeconds) {
    public ProbationPlan {
        if (runningSeconds < 0) {
            throw new IllegalArgumentException("running seconds must not be negative, got " + runningSeconds);
        }
        if (minInferences < 0) {
            throw new IllegalArgumentException("least inferences must not be negative, got " + minInferences);
        }
        if (deadlineSeconds < runningSeconds) {
            throw new IllegalArgumentException("probation deadline of " + deadlineSeconds
                    + " s ends before its running time of " + runningSeconds + " s");
        }
    }
}
