package io.tinyfleet.server.rollout.engine;

import java.time.Instant;

/** When a phase began: by the wall, and on the device's own count of online seconds. */
public record PhaseClock(Instant since, long onlineSeconds) {}
