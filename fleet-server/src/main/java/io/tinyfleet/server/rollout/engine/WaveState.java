package io.tinyfleet.server.rollout.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a wave stands.
 *
 * <pre>
 * WAITING -> OPEN -> SOAKING -> PASSED
 *            OPEN | SOAKING  -> FAILED
 * WAITING | OPEN -> SKIPPED (no device left in it)
 * </pre>
 */
public sealed interface WaveState {

    WaveStateName name();

    default Optional<Instant> openedAt() {
        return Optional.empty();
    }

    default Optional<Instant> soakEndsAt() {
        return Optional.empty();
    }

    /** A wave whose devices are being offered or watched. */
    sealed interface Current extends WaveState {
        Failed fail();
    }

    record Waiting() implements WaveState {
        public Open open(Instant now) {
            return new Open(now);
        }

        public Skipped skip() {
            return new Skipped();
        }

        @Override
        public WaveStateName name() {
            return WaveStateName.WAITING;
        }
    }

    record Open(Instant since) implements Current {
        public Soaking soak(Instant endsAt) {
            return new Soaking(since, endsAt);
        }

        public Skipped skip() {
            return new Skipped();
        }

        @Override
        public Failed fail() {
            return new Failed(since);
        }

        @Override
        public WaveStateName name() {
            return WaveStateName.OPEN;
        }

        @Override
        public Optional<Instant> openedAt() {
            return Optional.of(since);
        }
    }

    record Soaking(Instant since, Instant endsAt) implements Current {
        /** A person ends the soak early; the gates are still asked. */
        public Soaking endNow(Instant now) {
            return now.isBefore(endsAt) ? new Soaking(since, now) : this;
        }

        public Passed pass() {
            return new Passed(since, endsAt);
        }

        @Override
        public Failed fail() {
            return new Failed(since);
        }

        @Override
        public WaveStateName name() {
            return WaveStateName.SOAKING;
        }

        @Override
        public Optional<Instant> openedAt() {
            return Optional.of(since);
        }

        @Override
        public Optional<Instant> soakEndsAt() {
            return Optional.of(endsAt);
        }
    }

    record Passed(Instant since, Instant soakEndedAt) implements WaveState {
        @Override
        public WaveStateName name() {
            return WaveStateName.PASSED;
        }

        @Override
        public Optional<Instant> openedAt() {
            return Optional.of(since);
        }

        @Override
        public Optional<Instant> soakEndsAt() {
            return Optional.of(soakEndedAt);
        }
    }

    record Failed(Instant since) implements WaveState {
        @Override
        public WaveStateName name() {
            return WaveStateName.FAILED;
        }

        @Override
        public Optional<Instant> openedAt() {
            return Optional.of(since);
        }
    }

    record Skipped() implements WaveState {
        @Override
        public WaveStateName name() {
            return WaveStateName.SKIPPED;
        }
    }
}
