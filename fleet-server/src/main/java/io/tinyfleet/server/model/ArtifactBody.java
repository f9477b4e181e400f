package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** An artifact as the API shows it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ArtifactBody(
        String sha256,
        long size,
        ArtifactKind kind,
        @Nullable String name,
        @Nullable InspectionView inspection) {
    static ArtifactBody of(ArtifactView artifact) {
        return new ArtifactBody(
                artifact.sha256().hex(),
                artifact.size(),
                artifact.kind(),
                artifact.name().orElse(null),
                artifact.inspection().orElse(null));
    }
}
