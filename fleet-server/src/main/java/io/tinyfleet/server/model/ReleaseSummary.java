package io.tinyfleet.server.model;

import java.time.Instant;

public record ReleaseSummary(String id, String version, Instant createdAt) {
    static ReleaseSummary of(ReleaseView release) {
        return new ReleaseSummary(release.id().toString(), release.version(), release.createdAt());
    }
}
