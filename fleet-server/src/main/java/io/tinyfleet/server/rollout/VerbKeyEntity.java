package io.tinyfleet.server.rollout;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** An Idempotency-Key that was used, and for what. */
@Entity
@Table(name = "rollout_verb_key")
@IdClass(VerbKeyEntity.Key.class)
class VerbKeyEntity {
    record Key(UUID rolloutId, String key) {}

    @Id
    @Column(name = "rollout_id")
    UUID rolloutId;

    @Id
    String key;

    String verb;
    String fingerprint;
    Instant at;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected VerbKeyEntity() {}

    VerbKeyEntity(Key id, String verb, String fingerprint, Instant at) {
        this.rolloutId = id.rolloutId();
        this.key = id.key();
        this.verb = verb;
        this.fingerprint = fingerprint;
        this.at = at;
    }
}
