package io.tinyfleet.server.model;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

@Entity
@Table(name = "model")
class ModelEntity {
    @Id
    private String name;

    private @Nullable String task;

    private @Nullable String description;

    private String licence;

    private @Nullable String card;

    @ElementCollection(fetch = FetchType.EAGER)
    @CollectionTable(name = "model_tag", joinColumns = @JoinColumn(name = "model"))
    @Column(name = "tag")
    private Set<String> tags = new HashSet<>();

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

    Optional<String> card() {
        return Optional.ofNullable(card);
    }

    void setCard(Optional<String> markdown) {
        card = markdown.orElse(null);
    }

    SortedSet<String> tags() {
        return new TreeSet<>(tags);
    }

    void setTags(Set<String> wanted) {
        tags.retainAll(wanted);
        tags.addAll(wanted);
    }

    String licence() {
        return licence;
    }
}
