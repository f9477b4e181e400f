package io.tinyfleet.server.model;

import org.jspecify.annotations.Nullable;

/**
 * Where an alias is to point.
 *
 * @param revision the one that the sender has seen, 0 for "it does not exist yet"; absent: whatever it is now
 */
public record AliasRequest(
        @Nullable String version, @Nullable Long revision) {}
