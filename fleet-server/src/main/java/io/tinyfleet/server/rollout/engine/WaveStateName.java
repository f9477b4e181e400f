package io.tinyfleet.server.rollout.engine;

/** The words for a wave's state, in database, API and console. */
public enum WaveStateName {
    WAITING,
    OPEN,
    SOAKING,
    PASSED,
    FAILED,
    SKIPPED
}
