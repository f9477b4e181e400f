package io.tinyfleet.server.rollout;

import java.util.List;

/** Rollouts for other features, read only. */
public interface RolloutDirectory {
    /** Running, paused and rolling back, newest first. */
    List<RolloutSummary> listMoving();

    /** Paused rollouts, and those that were taken back by themselves within the last day; the gravest first. */
    List<RolloutAlarm> listAlarms();
}
