package io.tinyfleet.server.model;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One move of an alias. Only ever added. */
@Entity
@Table(name = "release_alias_history")
class AliasChangeEntity {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    private String model;

    private String alias;

    private long revision;

    @Column(name = "from_version")
    private @Nullable String fromVersion;

    @Column(name = "to_version")
    private @Nullable String toVersion;

    @Column(name = "changed_at")
    private Instant changedAt;

    @Column(name = "changed_by")
    private String changedBy;

    /** For Hibernate. */
    @SuppressWarnings("NullAway.Init")
    protected AliasChangeEntity() {}

    AliasChangeEntity(String model, AliasChangeBody change, String alias) {
        this.model = model;
        this.alias = alias;
        this.revision = change.revision();
        this.fromVersion = change.fromVersion();
        this.toVersion = change.toVersion();
        this.changedAt = change.changedAt();
        this.changedBy = change.changedBy();
    }

    AliasChangeBody toBody() {
        return new AliasChangeBody(revision, fromVersion, toVersion, changedAt, changedBy);
    }

    long revision() {
        return revision;
    }

    Optional<String> toVersion() {
        return Optional.ofNullable(toVersion);
    }
}
