package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.AttemptId;

/** Where new attempt ids come from: the engine itself has neither clock nor chance. */
@FunctionalInterface
public interface AttemptIds {
    AttemptId next();
}
