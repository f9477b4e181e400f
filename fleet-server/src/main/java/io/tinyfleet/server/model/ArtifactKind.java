package io.tinyfleet.server.model;

/** What an uploaded artifact is. */
public enum ArtifactKind {
    MODEL,
    SELF_TEST
}
