package io.tinyfleet.server.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tinyfleet.protocol.Digest;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An uploaded file. Never changed once stored. */
@Entity
@Table(name = "artifact")
class ArtifactEntity {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    @Column(name = "sha256")
    private byte[] sha256;

    @Enumerated(EnumType.STRING)
    private ArtifactKind kind;

    private @Nullable String name;

    @Column(name = "size_bytes")
    private long size;

    @Column(name = "chunk_list_sha256")
    private byte[] chunkList;

    @Column(name = "chunk_list_bytes")
    private long chunkListSize;

    private @Nullable String inspection;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "created_by")
    private String createdBy;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected ArtifactEntity() {}

    ArtifactEntity(ArtifactView artifact, String createdBy) {
        this.sha256 = artifact.sha256().toByteArray();
        this.kind = artifact.kind();
        this.name = artifact.name().orElse(null);
        this.size = artifact.size();
        this.chunkList = artifact.chunkList().toByteArray();
        this.chunkListSize = artifact.chunkListSize();
        this.inspection = artifact.inspection().map(ArtifactEntity::write).orElse(null);
        this.createdAt = artifact.createdAt();
        this.createdBy = createdBy;
    }

    ArtifactView toView() {
        return new ArtifactView(
                Digest.fromBytes(sha256),
                kind,
                Optional.ofNullable(name),
                size,
                Digest.fromBytes(chunkList),
                chunkListSize,
                Optional.ofNullable(inspection).map(ArtifactEntity::read),
                createdAt);
    }

    private static String write(InspectionView inspection) {
        try {
            return JSON.writeValueAsString(inspection);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an inspection cannot be written as JSON", e);
        }
    }

    private static InspectionView read(String json) {
        try {
            return JSON.readValue(json, InspectionView.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored inspection cannot be read", e);
        }
    }
}
