package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.DesiredReason;

/**
 * What one slot of one device is to run. The attempt changes only with a new offer: the same content under the same
 * attempt asks the device for nothing.
 *
 * @param retry lifts the device's penalty box for this artifact
 * @param variant digest of the chosen variant's file
 * @param windowSeconds how often telemetry windows close; 0 leaves it to the agent
 */
public record SlotContent(
        AttemptId attempt,
        boolean retry,
        ReleaseId release,
        Digest variant,
        ProbationPlan probation,
        DesiredReason reason,
        int windowSeconds) {
    public SlotContent {
        if (reason == DesiredReason.DESIRED_REASON_UNSPECIFIED || reason == DesiredReason.UNRECOGNIZED) {
            throw new IllegalArgumentException("a slot's content must say why it is wanted");
        }
        if (windowSeconds < 0 || windowSeconds > 3600) {
            throw new IllegalArgumentException("window must be 0..3600 seconds, got " + windowSeconds);
        }
    }
}
