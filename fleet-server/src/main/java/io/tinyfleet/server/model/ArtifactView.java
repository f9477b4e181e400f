package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import java.time.Instant;
import java.util.Optional;

/**
 * A stored file that releases may name.
 *
 * @param chunkList blob of the concatenated digests of its chunks
 */
public record ArtifactView(
        Digest sha256,
        ArtifactKind kind,
        Optional<String> name,
        long size,
        Digest chunkList,
        long chunkListSize,
        Optional<InspectionView> inspection,
        Instant createdAt) {}
