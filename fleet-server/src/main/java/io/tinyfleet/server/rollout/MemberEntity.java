package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.rollout.engine.Cause;
import io.tinyfleet.server.rollout.engine.DeviceInRollout;
import io.tinyfleet.server.rollout.engine.DeviceState;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.Exposure;
import io.tinyfleet.server.rollout.engine.PhaseClock;
import io.tinyfleet.server.rollout.engine.Value;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/** A device in a rollout. Which thread may change it: the one that holds the lock on the rollout's row. */
@Entity
@Table(name = "rollout_device")
@DynamicUpdate
@IdClass(MemberEntity.Key.class)
class MemberEntity {
    record Key(UUID rolloutId, String deviceId) {}

    @Id
    @Column(name = "rollout_id")
    UUID rolloutId;

    @Id
    @Column(name = "device_id")
    String deviceId;

    @Column(name = "hardware_class")
    String hardwareClass;

    int wave;
    int rank;

    @Column(name = "variant_sha256")
    byte @Nullable [] variantSha256;

    @Nullable @Column(name = "from_model")
    String fromModel;

    @Nullable @Column(name = "from_version")
    String fromVersion;

    @Enumerated(EnumType.STRING)
    DeviceStateName state;

    @Column(name = "cause_code")
    String causeCode;

    @Column(name = "cause_detail")
    String causeDetail;

    @Enumerated(EnumType.STRING)
    Value value;

    @Nullable @Column(name = "phase_since")
    Instant phaseSince;

    @Nullable @Column(name = "phase_online_seconds")
    Long phaseOnlineSeconds;

    @Nullable @Column(name = "attempt_id")
    UUID attemptId;

    @Nullable @Column(name = "offer_order")
    Integer offerOrder;

    @Nullable @Column(name = "offer_wave")
    Integer offerWave;

    @Nullable @Column(name = "offered_at")
    Instant offeredAt;

    @Column(name = "wants_new")
    boolean wantsNew;

    int withdrawals;
    boolean retry;

    @Nullable @Column(name = "first_order")
    Integer firstOrder;

    @Nullable @Column(name = "first_wave")
    Integer firstWave;

    @Nullable @Enumerated(EnumType.STRING)
    @Column(name = "first_value")
    Value firstValue;

    @Nullable @ColumnTransformer(write = "cast(? as jsonb)")
    String prior;

    @Nullable @Column(name = "finished_at")
    Instant finishedAt;

    @Column(name = "updated_at")
    Instant updatedAt;

    @SuppressWarnings("NullAway.Init") // Hibernate fills the fields.
    protected MemberEntity() {}

    MemberEntity(UUID rolloutId, DeviceInRollout device, int rank, Instant now) {
        this.rolloutId = rolloutId;
        this.deviceId = device.device().value();
        this.hardwareClass = device.hardwareClass();
        this.rank = rank;
        this.state = DeviceStateName.PENDING;
        this.causeCode = "";
        this.causeDetail = "";
        this.value = Value.NONE;
        this.updatedAt = now;
        write(device, now);
    }

    DeviceId device() {
        return new DeviceId(deviceId);
    }

    Optional<Digest> variant() {
        return variantSha256 == null ? Optional.empty() : Optional.of(Digest.fromBytes(variantSha256));
    }

    DeviceInRollout read() {
        Optional<PhaseClock> clock = phaseSince == null || phaseOnlineSeconds == null
                ? Optional.empty()
                : Optional.of(new PhaseClock(phaseSince, phaseOnlineSeconds));
        Optional<Exposure.Offer> offer =
                attemptId == null || offerOrder == null || offerWave == null || offeredAt == null
                        ? Optional.empty()
                        : Optional.of(new Exposure.Offer(new AttemptId(attemptId), offerOrder, offerWave, offeredAt));
        Optional<Exposure.First> first = firstOrder == null || firstWave == null || firstValue == null
                ? Optional.empty()
                : Optional.of(new Exposure.First(firstOrder, firstWave, firstValue));
        return new DeviceInRollout(
                device(),
                hardwareClass,
                wave,
                DeviceState.restore(state, new Cause(causeCode, causeDetail), value, clock),
                new Exposure(offer, wantsNew, withdrawals, retry, first));
    }

    void write(DeviceInRollout device, Instant now) {
        DeviceState next = device.state();
        boolean finishes = !next.name().isInFlight() && next.name() != DeviceStateName.PENDING;
        if (finishes && (state != next.name() || finishedAt == null)) {
            finishedAt = now;
        }
        wave = device.wave();
        state = next.name();
        causeCode = next.cause().code();
        causeDetail = next.cause().detail();
        value = next.value();
        Optional<PhaseClock> clock =
                next instanceof DeviceState.InFlight phase ? Optional.of(phase.clock()) : Optional.empty();
        phaseSince = clock.map(PhaseClock::since).orElse(null);
        phaseOnlineSeconds = clock.map(PhaseClock::onlineSeconds).orElse(null);
        Exposure exposure = device.exposure();
        attemptId = exposure.offer().map(offer -> offer.attempt().value()).orElse(null);
        offerOrder = exposure.offer().map(Exposure.Offer::order).orElse(null);
        offerWave = exposure.offer().map(Exposure.Offer::wave).orElse(null);
        offeredAt = exposure.offer().map(Exposure.Offer::at).orElse(null);
        wantsNew = exposure.wantsNew();
        withdrawals = exposure.withdrawals();
        retry = exposure.retry();
        firstOrder = exposure.first().map(Exposure.First::order).orElse(null);
        firstWave = exposure.first().map(Exposure.First::wave).orElse(null);
        firstValue = exposure.first().map(Exposure.First::value).orElse(null);
        updatedAt = now;
    }
}
