package io.tinyfleet.server.model;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A free name of a model that points to one of its releases. Its model's row is locked while it changes. */
@Entity
@Table(name = "release_alias")
@IdClass(AliasEntity.Key.class)
class AliasEntity {
    @Id
    private String model;

    @Id
    private String alias;

    @Column(name = "release_id")
    private UUID release;

    private long revision;

    @Column(name = "changed_at")
    private Instant changedAt;

    @Column(name = "changed_by")
    private String changedBy;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected AliasEntity() {}

    AliasEntity(String model, String alias, long revision, UUID release, Instant at, String by) {
        this.model = model;
        this.alias = alias;
        this.release = release;
        this.revision = revision;
        this.changedAt = at;
        this.changedBy = by;
    }

    void move(UUID to, Instant at, String by) {
        release = to;
        revision++;
        changedAt = at;
        changedBy = by;
    }

    String model() {
        return model;
    }

    String alias() {
        return alias;
    }

    UUID release() {
        return release;
    }

    long revision() {
        return revision;
    }

    Instant changedAt() {
        return changedAt;
    }

    String changedBy() {
        return changedBy;
    }

    /** The primary key, as Hibernate wants it. */
    static class Key implements Serializable {
        private static final long serialVersionUID = 1L;

        private @Nullable String model;
        private @Nullable String alias;

        Key() {}

        Key(String model, String alias) {
            this.model = model;
            this.alias = alias;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && Objects.equals(model, key.model) && Objects.equals(alias, key.alias);
        }

        @Override
        public int hashCode() {
            return Objects.hash(model, alias);
        }
    }
}
