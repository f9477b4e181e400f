package io.tinyfleet.server.delivery;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The time that signatures carry. It remembers the latest one, and refuses to sign by a clock that fell behind it. */
@ApplicationScoped
class SigningClock implements SignatureTime {
    /** The stored time follows this coarsely, so that signing is not a write to one row each time. */
    static final Duration STEP = Duration.ofMinutes(1);

    /** systemd-timesyncd touches a file once it has the time; chrony and ntpd leave theirs while they run. */
    private static final List<Path> SYNCHRONISED_SIGNS = List.of(
            Path.of("/run/systemd/timesync/synchronized"),
            Path.of("/run/chrony/chronyd.pid"),
            Path.of("/run/ntpd.pid"));

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
        if (config.requireSynchronisedClock() && SYNCHRONISED_SIGNS.stream().noneMatch(Files::exists)) {
            throw new ClockBehindException("nobody says that the clock is synchronised (none of " + SYNCHRONISED_SIGNS
                    + " exists) and tinyfleet.delivery.require-synchronised-clock is on: nothing is signed");
        }
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
