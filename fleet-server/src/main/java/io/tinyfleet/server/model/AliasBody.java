package io.tinyfleet.server.model;

import java.time.Instant;

/**
 * A name that points to a version.
 *
 * @param revision grows with each change; give it back with the next one, so that nobody's move is undone unknowingly
 */
public record AliasBody(
        String alias, String version, String releaseId, long revision, Instant changedAt, String changedBy) {}
