package io.tinyfleet.server.enrolment;

import io.tinyfleet.server.device.DeviceKind;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** A token as stored: only its hash, so that a stolen database enrols nobody. */
@Entity
@Table(name = "enrolment_token")
class EnrolmentTokenEntity {
    @Id
    UUID id;

    String name;

    @Column(name = "token_hash")
    byte[] tokenHash;

    @Enumerated(EnumType.STRING)
    DeviceKind kind;

    @Column(name = "max_uses")
    int maxUses;

    int uses;

    @Column(name = "created_by")
    String createdBy;

    @Column(name = "created_at")
    Instant createdAt;

    @Column(name = "expires_at")
    Instant expiresAt;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected EnrolmentTokenEntity() {}

    EnrolmentTokenEntity(
            UUID id,
            String name,
            byte[] tokenHash,
            DeviceKind kind,
            int maxUses,
            String createdBy,
            Instant createdAt,
            Instant expiresAt) {
        this.id = id;
        this.name = name;
        this.tokenHash = tokenHash;
        this.kind = kind;
        this.maxUses = maxUses;
        this.createdBy = createdBy;
        this.createdAt = createdAt;
        this.expiresAt = expiresAt;
    }
}
