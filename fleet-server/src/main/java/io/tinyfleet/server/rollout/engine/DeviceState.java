package io.tinyfleet.server.rollout.engine;

import java.util.Optional;

/**
 * Where a device stands in a rollout.
 *
 * <pre>
 * PENDING -> OFFERED -> DOWNLOADING -> VERIFIED -> SHADOWING -> ACTIVATING -> PROBATION -> HEALTHY
 *    ^          |            \____________\____________\_____________\____________\
 *    |__________|                FAILED, ROLLED_BACK, REJECTED, IDLE (the device says so)
 *   (withdrawn)                  TIMED_OUT (it said nothing), CANCELLED (the rollout ended first)
 * PENDING -> SKIPPED, CANCELLED
 * HEALTHY | IDLE -> ROLLED_BACK (the rollout takes it back)
 * FAILED | ROLLED_BACK | TIMED_OUT | REJECTED | SKIPPED -> PENDING (a person says retry-failed)
 * </pre>
 *
 * A report may skip steps, never go back; nothing but a person or the rollout's own way back leaves a finished state.
 */
public sealed interface DeviceState {

    DeviceStateName name();

    /** What this state says about the artifact. */
    Value value();

    default Cause cause() {
        return Cause.NONE;
    }

    /** In flight: offered and not finished. */
    sealed interface InFlight extends DeviceState {
        PhaseClock clock();

        @Override
        default Value value() {
            return Value.OPEN;
        }

        /** Goes where the device says it is; itself when the report is no step forward. */
        default DeviceState report(AttemptReport report, PhaseClock now) {
            return switch (report.phase()) {
                case ACCEPTED, DOWNLOADING -> ahead(DeviceStateName.DOWNLOADING, now);
                case VERIFIED -> ahead(DeviceStateName.VERIFIED, now);
                case SHADOWING -> ahead(DeviceStateName.SHADOWING, now);
                case ACTIVATING -> ahead(DeviceStateName.ACTIVATING, now);
                case PROBATION -> ahead(DeviceStateName.PROBATION, now);
                case HEALTHY -> new Healthy();
                case FAILED ->
                    new Failed(report.cause(), name().isVerified() || report.verified() ? Value.FAILED : Value.LINK);
                case ROLLED_BACK -> new RolledBack(report.cause(), Value.FAILED);
                case REJECTED -> new Rejected(report.cause());
                case IDLE -> new Idle(report.cause());
            };
        }

        private DeviceState ahead(DeviceStateName phase, PhaseClock now) {
            return phase.compareTo(name()) > 0 ? inPhase(phase, now) : this;
        }

        /** The device was heard online too long without a step. */
        default TimedOut timeOutOnline() {
            return new TimedOut(
                    new Cause(name().name(), "no step forward within the phase's deadline"),
                    name().isVerified() ? Value.FAILED : Value.LINK);
        }

        /** The outer limit in wall time is over: silence says something about the link, nothing about the artifact. */
        default TimedOut timeOutByWall() {
            return new TimedOut(new Cause(name().name(), "not heard of within the outer limit"), Value.LINK);
        }

        default Cancelled cancel(Cause cause) {
            return new Cancelled(cause);
        }

        default RolledBack takeBack(Cause cause) {
            return new RolledBack(cause, Value.NONE);
        }
    }

    /** Finished and running the new model. */
    sealed interface OnNew extends DeviceState {
        /** The rollout goes back; what the device said about the artifact stays said. */
        default RolledBack takeBack(Cause cause) {
            return new RolledBack(cause, value());
        }
    }

    /** Finished without success: a person may ask for another attempt. */
    sealed interface Retryable extends DeviceState {
        default Pending retry() {
            return new Pending();
        }
    }

    record Pending() implements DeviceState {
        public Offered offer(PhaseClock now) {
            return new Offered(now);
        }

        public Skipped skip(Cause cause) {
            return new Skipped(cause);
        }

        public Cancelled cancel(Cause cause) {
            return new Cancelled(cause);
        }

        /** A failure of a withdrawn offer that was heard only after the withdrawal. */
        public DeviceState lateFailure(AttemptReport report) {
            return switch (report.phase()) {
                case FAILED -> new Failed(report.cause(), report.verified() ? Value.FAILED : Value.LINK);
                case ROLLED_BACK -> new RolledBack(report.cause(), Value.FAILED);
                case ACCEPTED, DOWNLOADING, VERIFIED, SHADOWING, ACTIVATING, PROBATION, HEALTHY, REJECTED, IDLE -> this;
            };
        }

        @Override
        public DeviceStateName name() {
            return DeviceStateName.PENDING;
        }

        @Override
        public Value value() {
            return Value.NONE;
        }
    }

    record Offered(PhaseClock clock) implements InFlight {
        public Pending withdraw() {
            return new Pending();
        }

        @Override
        public DeviceStateName name() {
            return DeviceStateName.OFFERED;
        }
    }

    record Downloading(PhaseClock clock) implements InFlight {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.DOWNLOADING;
        }
    }

    record Verified(PhaseClock clock) implements InFlight {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.VERIFIED;
        }
    }

    record Shadowing(PhaseClock clock) implements InFlight {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.SHADOWING;
        }
    }

    record Activating(PhaseClock clock) implements InFlight {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.ACTIVATING;
        }
    }

    record Probation(PhaseClock clock) implements InFlight {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.PROBATION;
        }
    }

    record Healthy() implements OnNew {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.HEALTHY;
        }

        @Override
        public Value value() {
            return Value.HEALTHY;
        }
    }

    /** Too few inferences to judge: neither healthy nor failed. */
    record Idle(Cause cause) implements OnNew {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.IDLE;
        }

        @Override
        public Value value() {
            return Value.NONE;
        }
    }

    /** Failed before activation: the running model was never touched. */
    record Failed(Cause cause, Value value) implements Retryable {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.FAILED;
        }
    }

    /** Runs the previous model again: by itself (value FAILED), or because the rollout took it back. */
    record RolledBack(Cause cause, Value value) implements Retryable {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.ROLLED_BACK;
        }
    }

    /** A limit of the device. */
    record Rejected(Cause cause) implements Retryable {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.REJECTED;
        }

        @Override
        public Value value() {
            return Value.NONE;
        }
    }

    /** The cause's code is the phase in which it fell silent. */
    record TimedOut(Cause cause, Value value) implements Retryable {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.TIMED_OUT;
        }
    }

    record Cancelled(Cause cause) implements DeviceState {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.CANCELLED;
        }

        @Override
        public Value value() {
            return Value.NONE;
        }
    }

    record Skipped(Cause cause) implements Retryable {
        @Override
        public DeviceStateName name() {
            return DeviceStateName.SKIPPED;
        }

        @Override
        public Value value() {
            return Value.NONE;
        }
    }

    private static DeviceState inPhase(DeviceStateName phase, PhaseClock clock) {
        return switch (phase) {
            case OFFERED -> new Offered(clock);
            case DOWNLOADING -> new Downloading(clock);
            case VERIFIED -> new Verified(clock);
            case SHADOWING -> new Shadowing(clock);
            case ACTIVATING -> new Activating(clock);
            case PROBATION -> new Probation(clock);
            case PENDING, HEALTHY, FAILED, ROLLED_BACK, REJECTED, TIMED_OUT, IDLE, CANCELLED, SKIPPED ->
                throw new IllegalArgumentException(phase + " is no phase in flight");
        };
    }

    /** The state that was stored as these values. */
    static DeviceState restore(DeviceStateName name, Cause cause, Value value, Optional<PhaseClock> clock) {
        return switch (name) {
            case PENDING -> new Pending();
            case OFFERED, DOWNLOADING, VERIFIED, SHADOWING, ACTIVATING, PROBATION -> inPhase(name, clock.orElseThrow());
            case HEALTHY -> new Healthy();
            case FAILED -> new Failed(cause, value);
            case ROLLED_BACK -> new RolledBack(cause, value);
            case REJECTED -> new Rejected(cause);
            case TIMED_OUT -> new TimedOut(cause, value);
            case IDLE -> new Idle(cause);
            case CANCELLED -> new Cancelled(cause);
            case SKIPPED -> new Skipped(cause);
        };
    }
}
