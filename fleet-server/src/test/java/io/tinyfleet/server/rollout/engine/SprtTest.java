package io.tinyfleet.server.rollout.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.server.rollout.engine.RolloutPlan.Responses;
import io.tinyfleet.server.rollout.engine.RolloutPlan.WavePlan;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SprtTest {

    @Test
    void the_boundaries_are_those_of_one_sided_tests() {
        assertThat(Sprt.DEFAULT.rejectAt()).isCloseTo(Math.log(125), within(1e-12));
        assertThat(Sprt.DEFAULT.acceptAt()).isCloseTo(Math.log(0.05), within(1e-12));
    }

    @Test
    void the_error_of_stopping_a_model_with_p0_is_bounded_by_alpha_however_long_it_runs() {
        assertThat(Sprt.DEFAULT.stoppedShare(0.01, 3_000)).isLessThanOrEqualTo(0.008);
    }

    @Test
    void a_share_that_is_no_share_is_refused() {
        assertThatThrownBy(() -> new Sprt(0.08, 0.01, 0.008, 0.05)).hasMessageContaining("p0 < p1");
        assertThatThrownBy(() -> new Sprt(0, 0.08, 0.008, 0.05)).hasMessageContaining("p0 0.0");
        assertThatThrownBy(() -> new Sprt(0.01, 1, 0.008, 0.05)).hasMessageContaining("p1 1.0");
        assertThatThrownBy(() -> new Sprt(0.01, 0.08, 0, 0.05)).hasMessageContaining("alpha");
        assertThatThrownBy(() -> new Sprt(Double.NaN, 0.08, 0.1, 0.05)).hasMessageContaining("NaN");
    }

    @Test
    void a_canary_of_ten_stops_a_one_percent_model_in_about_a_tenth_of_rollouts() {
        RolloutPlan plan = plan(10, 50);

        assertThat(CanaryGate.risk(plan, List.of(10, 90), 0.01)).isCloseTo(0.0956, within(0.0001));
    }

    @Test
    void a_slow_second_wave_stays_under_the_canary_rule_longer() {
        assertThat(CanaryGate.risk(plan(10, 10), List.of(10, 90), 0.01)).isCloseTo(0.268, within(0.001));
    }

    @Test
    void a_canary_of_eleven_tolerates_one_failure() {
        assertThat(CanaryGate.risk(plan(10, 50), List.of(11, 90), 0.01)).isLessThan(0.01);
    }

    private static RolloutPlan plan(int... caps) {
        List<WavePlan> waves = java.util.Arrays.stream(caps)
                .mapToObj(cap -> new WavePlan("w", cap, Duration.ZERO, 1))
                .toList();
        return new RolloutPlan(waves, Story.DEADLINES, Sprt.DEFAULT, Responses.DEFAULT, Duration.ofHours(1));
    }
}
