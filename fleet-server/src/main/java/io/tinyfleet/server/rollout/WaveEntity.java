package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.WaveState;
import io.tinyfleet.server.rollout.engine.WaveStateName;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

@Entity
@Table(name = "rollout_wave")
@IdClass(WaveEntity.Key.class)
class WaveEntity {
    record Key(UUID rolloutId, int index) {}

    @Id
    @Column(name = "rollout_id")
    UUID rolloutId;

    @Id
    int index;

    String name;
    int size;

    @Column(name = "max_in_flight")
    int maxInFlight;

    @Column(name = "soak_seconds")
    int soakSeconds;

    @Column(name = "min_devices")
    int minDevices;

    @Enumerated(EnumType.STRING)
    WaveStateName state;

    @Nullable @Column(name = "opened_at")
    Instant openedAt;

    @Nullable @Column(name = "soak_ends_at")
    Instant soakEndsAt;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected WaveEntity() {}

    WaveEntity(UUID rolloutId, int index, String name, int size) {
        this.rolloutId = rolloutId;
        this.index = index;
        this.name = name;
        this.size = size;
        this.state = WaveStateName.WAITING;
    }

    WaveState read() {
        Instant opened = openedAt == null ? Instant.EPOCH : openedAt;
        Instant ends = soakEndsAt == null ? opened : soakEndsAt;
        return switch (state) {
            case WAITING -> new WaveState.Waiting();
            case OPEN -> new WaveState.Open(opened);
            case SOAKING -> new WaveState.Soaking(opened, ends);
            case PASSED -> new WaveState.Passed(opened, ends);
            case FAILED -> new WaveState.Failed(opened);
            case SKIPPED -> new WaveState.Skipped();
        };
    }

    void write(WaveState next) {
        state = next.name();
        openedAt = next.openedAt().orElse(openedAt);
        soakEndsAt = next.soakEndsAt().orElse(soakEndsAt);
    }
}
