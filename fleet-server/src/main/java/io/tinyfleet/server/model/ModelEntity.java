package io.tinyfleet.server.model;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

@Entity
@Table(name = "model")
class ModelEntity {
    @Id
    private String name;

    private @Nullable String task;

    private @Nullable String description;

    private String licence;

    @Column(name = "created_at")
    private Instant createdAt;

    @Column(name = "created_by")
    private String createdBy;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected ModelEntity() {}

    ModelEntity(
            String name,
            Optional<String> task,
            Optional<String> description,
            String licence,
            Instant createdAt,
            String createdBy) {
        this.name = name;
        this.task = task.orElse(null);
        this.description = description.orElse(null);
        this.licence = licence;
        this.createdAt = createdAt;
        this.createdBy = createdBy;
    }

    String name() {
        return name;
    }

    Optional<String> task() {
        return Optional.ofNullable(task);
    }

    Optional<String> description() {
        return Optional.ofNullable(description);
    }

    String licence() {
        return licence;
    }
}
