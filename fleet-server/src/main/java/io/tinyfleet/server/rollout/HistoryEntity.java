package io.tinyfleet.server.rollout;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

/** One step of a rollout and who or what caused it. The table takes no updates and no deletes. */
@Entity
@Immutable
@Table(name = "rollout_event")
class HistoryEntity {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    @Nullable Long id;

    @Column(name = "rollout_id")
    UUID rolloutId;

    Instant at;
    String actor;
    String kind;
    String sentence;

    @Nullable Integer wave;

    @Nullable @Column(name = "device_id")
    String deviceId;

    @Nullable @ColumnTransformer(write = "cast(? as jsonb)")
    String evidence;

    boolean minor;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected HistoryEntity() {}

    HistoryEntity(UUID rolloutId, Instant at, String actor, String kind, String sentence) {
        this.rolloutId = rolloutId;
        this.at = at;
        this.actor = actor;
        this.kind = kind;
        this.sentence = sentence;
    }
}
