package io.tinyfleet.server.rollout.engine;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a rollout stands. A transition is a method on the state it leaves, so a step that is not drawn here does not
 * compile.
 *
 * <pre>
 * DRAFT -> READY -> RUNNING <-> PAUSED
 *                   RUNNING ----------> COMPLETED
 *                   RUNNING | PAUSED -> ROLLING_BACK -> ROLLED_BACK
 * any unfinished -> ABORTED (stop, keep what is done)
 * </pre>
 */
public sealed interface RolloutState {

    RolloutStateName name();

    default Optional<Reason> why() {
        return Optional.empty();
    }

    /** True while the engine has something to do for it. */
    default boolean isMoving() {
        return this instanceof Running || this instanceof Paused || this instanceof RollingBack;
    }

    default boolean isFinished() {
        return this instanceof RolledBack || this instanceof Completed || this instanceof Aborted;
    }

    /** A state that a person may stop for good. */
    sealed interface Unfinished extends RolloutState {
        default Aborted abort(Reason why) {
            return new Aborted(why);
        }
    }

    /** A state in which devices run the new model and may be taken back. */
    sealed interface Exposing extends Unfinished {
        default RollingBack rollBack(Reason why) {
            return new RollingBack(why);
        }
    }

    /** Planned and shown, not yet meant to run. */
    record Draft() implements Unfinished {
        public Ready accept() {
            return new Ready();
        }

        @Override
        public RolloutStateName name() {
            return RolloutStateName.DRAFT;
        }
    }

    record Ready() implements Unfinished {
        public Running start(Instant now) {
            return new Running(now);
        }

        @Override
        public RolloutStateName name() {
            return RolloutStateName.READY;
        }
    }

    /** @param since the last start or resume; a deadline for missing evidence never began before it */
    record Running(Instant since) implements Exposing {
        public Paused pause(Reason reason) {
            return new Paused(reason);
        }

        public Completed complete() {
            return new Completed();
        }

        @Override
        public RolloutStateName name() {
            return RolloutStateName.RUNNING;
        }
    }

    record Paused(Reason reason) implements Exposing {
        public Running resume(Instant now) {
            return new Running(now);
        }

        /** Paused already, and now for a graver reason. */
        public Paused pause(Reason graver) {
            return new Paused(graver);
        }

        @Override
        public RolloutStateName name() {
            return RolloutStateName.PAUSED;
        }

        @Override
        public Optional<Reason> why() {
            return Optional.of(reason);
        }
    }

    record RollingBack(Reason reason) implements Unfinished {
        public RolledBack finish() {
            return new RolledBack(reason);
        }

        @Override
        public RolloutStateName name() {
            return RolloutStateName.ROLLING_BACK;
        }

        @Override
        public Optional<Reason> why() {
            return Optional.of(reason);
        }
    }

    record RolledBack(Reason reason) implements RolloutState {
        @Override
        public RolloutStateName name() {
            return RolloutStateName.ROLLED_BACK;
        }

        @Override
        public Optional<Reason> why() {
            return Optional.of(reason);
        }
    }

    record Completed() implements RolloutState {
        @Override
        public RolloutStateName name() {
            return RolloutStateName.COMPLETED;
        }
    }

    record Aborted(Reason reason) implements RolloutState {
        @Override
        public RolloutStateName name() {
            return RolloutStateName.ABORTED;
        }

        @Override
        public Optional<Reason> why() {
            return Optional.of(reason);
        }
    }
}
