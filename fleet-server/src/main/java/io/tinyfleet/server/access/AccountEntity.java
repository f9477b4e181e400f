package io.tinyfleet.server.access;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A local account. The password is kept as a hash only. */
@Entity
@Table(name = "account")
class AccountEntity {
    @Id
    UUID id;

    @Column(nullable = false, updatable = false)
    String name;

    @Column(name = "password_hash", nullable = false)
    String passwordHash;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(nullable = false)
    String[] roles;

    @Column(name = "created_at", nullable = false, updatable = false)
    Instant createdAt;

    @Column(name = "password_changed_at", nullable = false)
    Instant passwordChangedAt;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected AccountEntity() {}

    AccountEntity(UUID id, String name, String passwordHash, String[] roles, Instant now) {
        this.id = id;
        this.name = name;
        this.passwordHash = passwordHash;
        this.roles = roles.clone();
        this.createdAt = now;
        this.passwordChangedAt = now;
    }
}
