package io.tinyfleet.server.rollout.engine;

/** The words for a rollout's state, in database, API and console. */
public enum RolloutStateName {
    DRAFT,
    READY,
    RUNNING,
    PAUSED,
    ROLLING_BACK,
    ROLLED_BACK,
    COMPLETED,
    ABORTED
}
