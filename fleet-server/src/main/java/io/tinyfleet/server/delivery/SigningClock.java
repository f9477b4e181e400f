package io.tinyfleet.server.delivery;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** The time that signatures carry. It remembers the latest one, and refuses to sign by a clock that fell behind it. */
@ApplicationScoped
class SigningClock implements SignatureTime {
    /** The stored time follows this coarsely, so that signing is not a write to one row each time. */
    static final Duration STEP = Duration.ofMinutes(1);

    private final DesiredRepository repository;
    private final DeliveryConfig config;
    private final InstantSource clock;

    SigningClock(DesiredRepository repository, DeliveryConfig config, InstantSource clock) {
        this.repository = repository;
        this.config = config;
        this.clock = clock;
    }

    @Override
    @Transactional(dontRollbackOn = ClockBehindException.class)
    public Instant tick() {
        Instant now = clock.instant();
        Optional<Instant> last = repository.findLastSignedAt();
        if (last.isPresent() && now.isBefore(last.get().minus(config.clockTolerance()))) {
            throw new ClockBehindException(now, last.get());
        }
        if (last.isEmpty() || now.isAfter(last.get().plus(STEP))) {
            repository.storeLastSignedAt(now);
        }
        return now;
    }
}
