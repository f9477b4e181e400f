package io.tinyfleet.server.rollout.engine;

import java.util.Optional;

/**
 * What is known of a device at this instant.
 *
 * @param onlineSeconds the device's count of seconds it was heard; only grows
 * @param report its newest word about an attempt, whichever attempt that is
 * @param runsTarget it runs the rollout's artifact in the rollout's slot
 * @param obstacle why it must not be offered anything now, for example a quarantine
 */
public record Observation(
        Presence presence,
        long onlineSeconds,
        Optional<AttemptReport> report,
        boolean runsTarget,
        Optional<Cause> obstacle) {

    /** Nothing is known: the device is neither offered anything nor timed out. */
    public static final Observation UNKNOWN =
            new Observation(Presence.UNKNOWN, 0, Optional.empty(), false, Optional.empty());
}
