package io.tinyfleet.server.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.Release;
import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A release. What is signed never changes; beside it stand its first use, its tags and whether it is withdrawn. */
@Entity
@Table(name = "release")
class ReleaseEntity {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    private @Nullable String lineage;

    @ElementCollection(fetch = FetchType.EAGER)
    @CollectionTable(name = "release_tag", joinColumns = @JoinColumn(name = "release_id"))
    @Column(name = "tag")
    private Set<String> tags = new HashSet<>();

    @Column(name = "withdrawn_at")
    private @Nullable Instant withdrawnAt;

    @Column(name = "withdrawn_by")
    private @Nullable String withdrawnBy;

    @Column(name = "withdrawn_reason")
    private @Nullable String withdrawnReason;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected ReleaseEntity() {}

    ReleaseEntity(ReleaseView release, Optional<Lineage> lineage, String createdBy) {
        this.lineage = lineage.map(ReleaseEntity::write).orElse(null);
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

    UUID id() {
        return id;
    }

    String model() {
        return model;
    }

    String version() {
        return version;
    }

    Optional<Instant> usedAt() {
        return Optional.ofNullable(usedAt);
    }

    Optional<Lineage> lineage() {
        return Optional.ofNullable(lineage).map(ReleaseEntity::read);
    }

    SortedSet<String> tags() {
        return new TreeSet<>(tags);
    }

    void setTags(Set<String> wanted) {
        tags.retainAll(wanted);
        tags.addAll(wanted);
    }

    /** Not withdrawn. */
    boolean live() {
        return withdrawnAt == null;
    }

    /** A second withdrawal keeps the first one's reason. */
    void withdraw(Instant at, String by, String reason) {
        if (withdrawnAt == null) {
            withdrawnAt = at;
            withdrawnBy = by;
            withdrawnReason = reason;
        }
    }

    void reinstate() {
        withdrawnAt = null;
        withdrawnBy = null;
        withdrawnReason = null;
    }

    Optional<WithdrawalBody> withdrawal() {
        if (withdrawnAt == null || withdrawnBy == null || withdrawnReason == null) {
            return Optional.empty();
        }
        return Optional.of(new WithdrawalBody(withdrawnAt, withdrawnBy, withdrawnReason));
    }

    private static String write(Lineage lineage) {
        try {
            return JSON.writeValueAsString(lineage);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a lineage cannot be written as JSON", e);
        }
    }

    private static Lineage read(String json) {
        try {
            return JSON.readValue(json, Lineage.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored lineage cannot be read", e);
        }
    }

    /** The very same manifest, byte for byte. */
    boolean holds(Release other) {
        return Arrays.equals(manifest, other.toByteArray());
    }

    /** The same manifest under other signatures: the only way in which a release changes. */
    void signedAnew(ReleaseView signed) {
        if (!holds(signed.manifest())) {
            throw new IllegalArgumentException("release " + id + " cannot get another manifest");
        }
        this.envelopeDigest = signed.envelopeDigest().toByteArray();
        this.envelopeSize = signed.envelopeSize();
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
