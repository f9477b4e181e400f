package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.Verdict;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;

/** What a gate last said for a wave. */
@Entity
@Table(name = "rollout_verdict")
@IdClass(VerdictEntity.Key.class)
class VerdictEntity {
    record Key(UUID rolloutId, int wave, String gate) {}

    @Id
    @Column(name = "rollout_id")
    UUID rolloutId;

    @Id
    int wave;

    @Id
    String gate;

    @Enumerated(EnumType.STRING)
    Verdict verdict;

    @Column(name = "holds_wave")
    boolean holdsWave;

    String sentence;

    @ColumnTransformer(write = "cast(? as jsonb)")
    String evidence;

    Instant at;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected VerdictEntity() {}

    VerdictEntity(UUID rolloutId, int wave, String gate, Instant at) {
        this.rolloutId = rolloutId;
        this.wave = wave;
        this.gate = gate;
        this.verdict = Verdict.INSUFFICIENT;
        this.sentence = "";
        this.evidence = "{}";
        this.at = at;
    }
}
