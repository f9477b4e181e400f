package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import java.util.Optional;

/** Looks stored artifacts up. */
public interface ArtifactDirectory {
    Optional<ArtifactView> find(Digest sha256);
}
