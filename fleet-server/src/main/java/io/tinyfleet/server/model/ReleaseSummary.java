package io.tinyfleet.server.model;

import java.time.Instant;
import java.util.List;

public record ReleaseSummary(String id, String version, Instant createdAt, boolean withdrawn, List<String> aliases) {
    public ReleaseSummary {
        aliases = List.copyOf(aliases);
    }

    static ReleaseSummary of(ReleaseEntity release, List<String> aliases) {
        ReleaseView view = release.toView();
        return new ReleaseSummary(view.id().toString(), view.version(), view.createdAt(), !release.live(), aliases);
    }
}
