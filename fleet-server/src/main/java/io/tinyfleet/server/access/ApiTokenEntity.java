package io.tinyfleet.server.access;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A program's key to the API. Of the token itself only the SHA-256 is kept: it has 256 random bits. */
@Entity
@Table(name = "api_token")
class ApiTokenEntity {
    @Id
    UUID id;

    @Column(nullable = false, updatable = false)
    String name;

    @Column(name = "token_hash", nullable = false, updatable = false)
    byte[] tokenHash;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(nullable = false, updatable = false)
    String[] roles;

    @Column(name = "created_by", nullable = false, updatable = false)
    String createdBy;

    @Column(name = "created_at", nullable = false, updatable = false)
    Instant createdAt;

    @Nullable @Column(name = "expires_at", updatable = false)
    Instant expiresAt;

    @Nullable @Column(name = "last_used_at")
    Instant lastUsedAt;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected ApiTokenEntity() {}

    ApiTokenEntity(UUID id, String name, byte[] tokenHash, List<Role> roles, Creation creation) {
        this.id = id;
        this.name = name;
        this.tokenHash = tokenHash.clone();
        this.roles = roles.stream().map(Role::word).distinct().sorted().toArray(String[]::new);
        this.createdBy = creation.by();
        this.createdAt = creation.at();
        this.expiresAt = creation.expiresAt();
    }

    record Creation(String by, Instant at, @Nullable Instant expiresAt) {}

    List<Role> roleList() {
        return Arrays.stream(roles).map(Role::of).toList();
    }

    boolean isExpiredAt(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }
}
