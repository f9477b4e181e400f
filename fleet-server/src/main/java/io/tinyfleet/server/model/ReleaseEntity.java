package io.tinyfleet.server.model;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Release;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A release. Immutable but for the time of its first use. */
@Entity
@Table(name = "release")
class ReleaseEntity {
    @Id
    private UUID id;

    private String model;

    private String version;

    @Column(name = "security_version")
    private long securityVersion;

    private String licence;

    @Column(name = "envelope_sha256")
    private byte[] envelopeDigest;

    @Column(name = "envelope_bytes")
    private long envelopeSize;

    private byte[] manifest;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "created_by")
    private String createdBy;

    @Column(name = "used_at")
    private @Nullable Instant usedAt;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected ReleaseEntity() {}

    ReleaseEntity(ReleaseView release, String createdBy) {
        this.id = release.id().value();
        this.model = release.model();
        this.version = release.version();
        this.securityVersion = release.manifest().getSecurityVersion();
        this.licence = release.manifest().getLicence();
        this.envelopeDigest = release.envelopeDigest().toByteArray();
        this.envelopeSize = release.envelopeSize();
        this.manifest = release.manifest().toByteArray();
        this.createdAt = release.createdAt();
        this.createdBy = createdBy;
    }

    ReleaseView toView() {
        try {
            return new ReleaseView(
                    new ReleaseId(id),
                    model,
                    version,
                    Digest.fromBytes(envelopeDigest),
                    envelopeSize,
                    Release.parseFrom(manifest),
                    createdAt);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the stored manifest of release " + id + " cannot be read", e);
        }
    }

    String createdBy() {
        return createdBy;
    }

    long securityVersion() {
        return securityVersion;
    }

    void markUsed(Instant at) {
        if (usedAt == null) {
            usedAt = at;
        }
    }
}
