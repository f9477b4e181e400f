package io.tinyfleet.server.rollout;

import org.jspecify.annotations.Nullable;

/** @param version the rollout's version that the person saw */
record VerbRequest(@Nullable Long version, @Nullable String reason) {}
