package io.tinyfleet.server.rollout.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tinyfleet.server.rollout.engine.Simulation.Outcome;
import io.tinyfleet.server.rollout.engine.Simulation.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * How often the install gate stops good and bad models, through the real engine. Seeds are fixed; the margins allow for
 * the number of runs. The exact figures of the same test come from {@link Sprt#stoppedShare}.
 */
class SimulationTest {
    private static final int RUNS = 2_000;
    private static final double ALPHA = 0.008;

    private record Figures(double stopped, double meanReports, double meanExposed) {}

    private static Figures figures(Scenario scenario, int runs, long seed) {
        SplittableRandom seeds = new SplittableRandom(seed);
        List<Outcome> outcomes = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            outcomes.add(Simulation.run(scenario, seeds.split()));
        }
        List<Outcome> stopped = outcomes.stream().filter(Outcome::stopped).toList();
        return new Figures(
                (double) stopped.size() / runs,
                stopped.stream().mapToInt(Outcome::reports).average().orElse(0),
                stopped.stream().mapToInt(Outcome::exposed).average().orElse(0));
    }

    @Test
    void a_good_model_is_stopped_in_at_most_six_of_a_thousand_rollouts() {
        assertThat(figures(new Scenario(100, 10, 0.01, 0, ALPHA), RUNS, 1).stopped())
                .isLessThanOrEqualTo(0.006);
    }

    @Test
    void a_good_model_is_stopped_no_more_often_with_a_hundred_in_flight() {
        assertThat(figures(new Scenario(100, 100, 0.01, 0, ALPHA), RUNS, 2).stopped())
                .isLessThanOrEqualTo(0.006);
    }

    @Test
    void a_model_that_fails_on_a_tenth_is_caught() {
        Figures figures = figures(new Scenario(100, 10, 0.10, 0, ALPHA), RUNS, 3);

        assertThat(figures.stopped()).isGreaterThanOrEqualTo(0.94);
        assertThat(figures.meanReports()).isBetween(25.0, 45.0);
    }

    @Test
    void a_model_that_fails_on_a_tenth_is_caught_with_forty_percent_offline() {
        assertThat(figures(new Scenario(100, 100, 0.10, 0.40, ALPHA), RUNS, 4).stopped())
                .isGreaterThanOrEqualTo(0.78);
    }

    @Test
    void few_devices_are_exposed_when_half_of_them_fail() {
        assertThat(figures(new Scenario(500, 5, 0.5, 0, ALPHA), 500, 5).meanExposed())
                .isLessThanOrEqualTo(10);
        assertThat(figures(new Scenario(500, 20, 0.5, 0, ALPHA), 500, 6).meanExposed())
                .isLessThanOrEqualTo(25);
    }

    @Test
    void a_model_that_fails_everywhere_is_stopped_after_three_reports() {
        Figures figures = figures(new Scenario(100, 5, 1, 0, ALPHA), 20, 7);

        assertThat(figures.stopped()).isEqualTo(1);
        assertThat(figures.meanReports()).isEqualTo(3);
    }

    @Test
    void the_operating_curve_is_what_the_engine_does() {
        double exact = new Sprt(0.01, 0.08, ALPHA, Sprt.DEFAULT_BETA).stoppedShare(0.05, 100);

        assertThat(figures(new Scenario(100, 10, 0.05, 0, ALPHA), RUNS, 8).stopped())
                .isCloseTo(exact, within(0.035));
    }

    @Test
    void the_published_figures_of_the_test_alone_hold_exactly() {
        Sprt alone = new Sprt(0.01, 0.08, 0.01, Sprt.DEFAULT_BETA);

        assertThat(alone.stoppedShare(0.01, 100)).isLessThanOrEqualTo(0.005);
        assertThat(alone.stoppedShare(0.10, 100)).isGreaterThanOrEqualTo(0.95);
        assertThat(alone.stoppedShare(0.10, 60)).isGreaterThanOrEqualTo(0.82);
        assertThat(Sprt.DEFAULT.stoppedShare(0.10, 60)).isCloseTo(0.808, within(0.01));
        assertThat(Sprt.DEFAULT.stoppedShare(0.10, 100)).isCloseTo(0.957, within(0.01));
    }
}
