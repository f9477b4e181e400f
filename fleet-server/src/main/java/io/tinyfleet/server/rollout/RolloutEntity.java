package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.Reason;
import io.tinyfleet.server.rollout.engine.RolloutState;
import io.tinyfleet.server.rollout.engine.RolloutStateName;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.jspecify.annotations.Nullable;

/**
 * A rollout's own row. Its version counts the steps of the rollout and of its waves, not those of single devices, so that
 * a person's verb is not outdated by every report.
 */
@Entity
@Table(name = "rollout")
class RolloutEntity {
    @Id
    UUID id;

    String name;

    @Column(name = "release_id")
    UUID releaseId;

    String model;

    @Column(name = "release_version")
    String releaseVersion;

    String slot;
    String author;

    @Enumerated(EnumType.STRING)
    RolloutStateName state;

    @Nullable @Column(name = "reason_code")
    String reasonCode;

    @Nullable @Column(name = "reason_sentence")
    String reasonSentence;

    @ColumnTransformer(write = "cast(? as jsonb)")
    @Column(updatable = false)
    String plan;

    @Column(name = "created_at")
    Instant createdAt;

    @Nullable @Column(name = "started_at")
    Instant startedAt;

    @Nullable @Column(name = "moving_since")
    Instant movingSince;

    @Nullable @Column(name = "ended_at")
    Instant endedAt;

    @Column(name = "current_wave")
    int currentWave = -1;

    @Version
    long version;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected RolloutEntity() {}

    RolloutEntity(UUID id, RolloutState state, String author, Instant now) {
        this.id = id;
        this.state = state.name();
        this.author = author;
        this.createdAt = now;
        this.name = "";
        this.releaseId = id;
        this.model = "";
        this.releaseVersion = "";
        this.slot = "";
        this.plan = "{}";
    }

    RolloutState read() {
        Reason why = reasonCode == null || reasonSentence == null
                ? new Reason("unknown", "No reason was stored")
                : new Reason(reasonCode, reasonSentence);
        return switch (state) {
            case DRAFT -> new RolloutState.Draft();
            case READY -> new RolloutState.Ready();
            case RUNNING -> new RolloutState.Running(movingSince == null ? createdAt : movingSince);
            case PAUSED -> new RolloutState.Paused(why);
            case ROLLING_BACK -> new RolloutState.RollingBack(why);
            case ROLLED_BACK -> new RolloutState.RolledBack(why);
            case COMPLETED -> new RolloutState.Completed();
            case ABORTED -> new RolloutState.Aborted(why);
        };
    }

    void write(RolloutState next, Instant now) {
        state = next.name();
        reasonCode = next.why().map(Reason::code).orElse(null);
        reasonSentence = next.why().map(Reason::sentence).orElse(null);
        if (next instanceof RolloutState.Running running) {
            movingSince = running.since();
        }
        if (next.isFinished() && endedAt == null) {
            endedAt = now;
        }
    }
}
