package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.server.delivery.ProbationPlan;
import io.tinyfleet.server.delivery.SlotContent;

/** What a slot held before an offer, as it is stored for the way back. */
record PriorContent(
        String attemptId,
        String releaseId,
        String variantSha256,
        int runningSeconds,
        long minInferences,
        int deadlineSeconds,
        int windowSeconds) {

    static PriorContent of(SlotContent content) {
        ProbationPlan probation = content.probation();
        return new PriorContent(
                content.attempt().toString(),
                content.release().toString(),
                content.variant().hex(),
                probation.runningSeconds(),
                probation.minInferences(),
                probation.deadlineSeconds(),
                content.windowSeconds());
    }

    /** The same attempt as before: a device that never left it has nothing to do. */
    SlotContent withdrawn() {
        return content(AttemptId.parse(attemptId), DesiredReason.WITHDRAWN);
    }

    /** An attempt of its own: the device activates what it still holds. */
    SlotContent rolledBack(AttemptId attempt) {
        return content(attempt, DesiredReason.ROLLBACK);
    }

    private SlotContent content(AttemptId attempt, DesiredReason reason) {
        return new SlotContent(
                attempt,
                false,
                ReleaseId.parse(releaseId),
                Digest.parse(variantSha256),
                new ProbationPlan(runningSeconds, minInferences, deadlineSeconds),
                reason,
                windowSeconds);
    }
}
