package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.RolloutState;
import io.tinyfleet.server.rollout.engine.WaveStateName;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a person may ask of a rollout. The sentence of a refusal is the one the console shows on the disabled button. */
enum Verb {
    START,
    PAUSE,
    RESUME,
    ADVANCE,
    ROLLBACK,
    RETRY_FAILED,
    ABORT;

    /** What a verb depends on. */
    record Situation(RolloutState state, long pending, long retryable, Optional<WaveStateName> currentWave) {}

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Verb> find(String word) {
        return Arrays.stream(values()).filter(verb -> verb.word().equals(word)).findFirst();
    }

    /** Empty when it can work now. */
    Optional<String> refusal(Situation now) {
        if (now.state().isFinished()) {
            return Optional.of("The rollout is " + words(now.state()) + "; nothing more happens in it.");
        }
        return switch (this) {
            case START -> start(now);
            case PAUSE ->
                only(now, now.state() instanceof RolloutState.Running, "Only a running rollout can be paused");
            case RESUME ->
                only(now, now.state() instanceof RolloutState.Paused, "Only a paused rollout can be resumed");
            case ADVANCE -> advance(now);
            case ROLLBACK ->
                only(
                        now,
                        now.state() instanceof RolloutState.Exposing,
                        "Only a running or paused rollout can be rolled back");
            case RETRY_FAILED -> retry(now);
            case ABORT -> Optional.empty();
        };
    }

    private static Optional<String> start(Situation now) {
        boolean startable = now.state() instanceof RolloutState.Draft || now.state() instanceof RolloutState.Ready;
        if (startable && now.pending() == 0) {
            return Optional.of("No device is eligible: all that match are excluded.");
        }
        return only(now, startable, "It was started already");
    }

    private static Optional<String> advance(Situation now) {
        if (!(now.state() instanceof RolloutState.Running)) {
            return only(now, false, "Only the soak of a running rollout can be ended early");
        }
        return now.currentWave().filter(wave -> wave == WaveStateName.SOAKING).isPresent()
                ? Optional.empty()
                : Optional.of("No wave soaks now: there is no soak to end early.");
    }

    private static Optional<String> retry(Situation now) {
        if (!(now.state() instanceof RolloutState.Exposing)) {
            return only(now, false, "Only a running or paused rollout tries devices again");
        }
        return now.retryable() > 0 ? Optional.empty() : Optional.of("No device has failed: there is nothing to retry.");
    }

    private static Optional<String> only(Situation now, boolean possible, String rule) {
        return possible ? Optional.empty() : Optional.of(rule + "; it is " + words(now.state()) + ".");
    }

    private static String words(RolloutState state) {
        return state.name().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
