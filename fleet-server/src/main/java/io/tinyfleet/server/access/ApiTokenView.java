package io.tinyfleet.server.access;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An API token without its secret. */
@Schema(name = "Token")
record ApiTokenView(
        UUID id,
        String name,
        List<Role> roles,
        String createdBy,
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> lastUsedAt,
        boolean expired) {
    static ApiTokenView of(ApiTokenEntity entity, Instant now) {
        return new ApiTokenView(
                entity.id,
                entity.name,
                entity.roleList(),
                entity.createdBy,
                entity.createdAt,
                Optional.ofNullable(entity.expiresAt),
                Optional.ofNullable(entity.lastUsedAt),
                entity.isExpiredAt(now));
    }
}
