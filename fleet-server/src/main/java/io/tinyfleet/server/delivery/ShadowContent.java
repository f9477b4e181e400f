package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;

/**
 * A second model beside what a slot runs, to be compared with it. Another share or bound is another attempt.
 *
 * @param variant digest of the chosen variant's file
 * @param share of live inputs, over 0 to 1
 * @param maxInputs compared inputs after which it ends; 0: no such bound
 * @param maxSeconds running seconds after which it ends; 0: no such bound
 */
public record ShadowContent(
        AttemptId attempt, ReleaseId release, Digest variant, double share, long maxInputs, int maxSeconds) {
    public ShadowContent {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("a shadow's share is over 0 and at most 1, got " + share);
        }
        if (maxInputs < 0 || maxSeconds < 0) {
            throw new IllegalArgumentException(
                    "a shadow's bounds are 0 or more, got " + maxInputs + " inputs and " + maxSeconds + " seconds");
        }
    }
}
