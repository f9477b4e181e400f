package io.tinyfleet.agent.telemetry;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Phase;

/** What a window is about: a window never spans two of these. */
public record WindowSubject(Digest artifact, AttemptId attempt, Phase phase, double scoreThreshold) {

    WindowSubject withPhase(Phase next) {
        return new WindowSubject(artifact, attempt, next, scoreThreshold);
    }
}
