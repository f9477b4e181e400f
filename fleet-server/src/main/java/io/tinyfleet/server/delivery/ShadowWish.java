package io.tinyfleet.server.delivery;

import java.time.Instant;

/** A shadow as it was asked for, by whom and when. */
public record ShadowWish(ShadowContent content, Instant startedAt, String startedBy) {}
