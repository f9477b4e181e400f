package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body that plans a rollout. Everything may be missing here; {@link PlanRules} says what must not. */
record RolloutRequest(
        @Nullable String name,
        @Nullable String releaseId,
        @Nullable String slot,
        @Nullable Filter filter,
        @Nullable List<@Nullable Wave> waves,
        @Nullable Probation probation,
        @Nullable PhaseDeadlines phaseDeadlines,
        @Nullable Gates gates,
        @Nullable OnFail onFail,
        @Nullable OnInsufficient onInsufficient,
        @Nullable Integer insufficientAfterSeconds,
        @Nullable Integer windowSeconds) {

    record Filter(
            @Nullable List<@Nullable String> devices,
            @Nullable List<@Nullable String> hardware) {}

    /** Either a percentage of all eligible devices or a count. */
    record Wave(
            @Nullable String name,
            @Nullable Integer percent,
            @Nullable Integer count,
            @Nullable Integer maxInFlight,
            @Nullable Integer soakSeconds,
            @Nullable Integer minDevices) {}

    record Probation(
            @Nullable Integer runningSeconds,
            @Nullable Long minInferences,
            @Nullable Integer deadlineSeconds) {}

    record PhaseDeadlines(
            @Nullable Integer offerSeconds,
            @Nullable Integer downloadSeconds,
            @Nullable Integer trialSeconds,
            @Nullable Integer probationSeconds,
            @Nullable Integer outerHours) {}

    record Gates(@Nullable Install install) {}

    record Install(
            @Nullable Double p0,
            @Nullable Double p1,
            @Nullable Double alpha) {}
}
