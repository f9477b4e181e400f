package io.tinyfleet.server.rollout;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.tinyfleet.server.delivery.ProbationPlan;
import io.tinyfleet.server.rollout.engine.RolloutPlan;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import io.tinyfleet.server.rollout.engine.RolloutPlan.PhaseDeadlines;
import io.tinyfleet.server.rollout.engine.RolloutPlan.Responses;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import io.tinyfleet.server.rollout.engine.Sprt;
import io.tinyfleet.server.rollout.engine.WaveOrder.Size;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A request that keeps all rules, with every default filled in: what is stored beside the rollout and never changes. */
record PlannedRollout(
        String slot,
        Filter filter,
        List<Wave> waves,
        Probation probation,
        Deadlines deadlines,
        Install install,
        OnFail onFail,
        OnInsufficient onInsufficient,
        int insufficientAfterSeconds,
        int windowSeconds) {

    record Filter(List<String> devices, List<String> hardware) {}

    record Wave(
            String name,
            Optional<Integer> percent,
            Optional<Integer> count,
            int maxInFlight,
            int soakSeconds,
            Optional<Integer> minDevices) {

        Size asked() {
            return percent.<Size>map(Size.Share::new).orElseGet(() -> new Size.Devices(count.orElseThrow()));
        }

        /** Half of the wave unless the plan says otherwise. */
        int needed(int size) {
            return Math.max(1, minDevices.orElse((size + 1) / 2));
        }
    }

    record Probation(int runningSeconds, long minInferences, int deadlineSeconds) {
        ProbationPlan plan() {
            return new ProbationPlan(runningSeconds, minInferences, deadlineSeconds);
        }
    }

    record Deadlines(int offerSeconds, int downloadSeconds, int trialSeconds, int probationSeconds, int outerHours) {}

    record Install(double p0, double p1, double alpha) {
        Sprt test() {
            return new Sprt(p0, p1, alpha, Sprt.DEFAULT_BETA);
        }
    }

    @JsonIgnore
    List<Size> asked() {
        return waves.stream().map(Wave::asked).toList();
    }

    RolloutPlan plan(List<WavePlan> sized) {
        return new RolloutPlan(
                sized,
                new PhaseDeadlines(
                        Duration.ofSeconds(deadlines.offerSeconds()),
                        Duration.ofSeconds(deadlines.downloadSeconds()),
                        Duration.ofSeconds(deadlines.trialSeconds()),
                        Duration.ofSeconds(deadlines.probationSeconds()),
                        Duration.ofHours(deadlines.outerHours())),
                install.test(),
                new Responses(onFail, onInsufficient),
                Duration.ofSeconds(insufficientAfterSeconds));
    }
}
