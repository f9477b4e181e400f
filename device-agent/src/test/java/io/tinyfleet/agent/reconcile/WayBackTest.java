package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Probation;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Crashes, broken budgets and crash loops: back to what ran before, at once. */
class WayBackTest {
    private final Play play = new Play().connect();
    private final Published v1 = play.fleet.publish("1.0.0", 100_000);
    private final Published v2 = play.fleet.publish("2.0.0", 100_000);

    private void back_on_v1(String reason) {
        assertThat(play.phase()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(play.reason()).isEqualTo(reason);
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.state.penaltyBox()).containsExactly(v2.artifact());
        assertThat(play.events()).contains("rolled-back");
    }

    private void crash_and_start_again() {
        play.crash().wait(Duration.ofMinutes(1)).on(new Event.RestartDue(VAD));
    }

    @Test
    void one_crash_in_probation_is_forgiven() {
        play.run(v1).desire(play.fleet.offer(v2));

        crash_and_start_again();

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
    }

    @Test
    void a_crash_loop_in_probation_goes_back() {
        play.run(v1).desire(play.fleet.offer(v2));
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE && play.active().equals(v2.artifact()); i++) {
            crash_and_start_again();
        }

        back_on_v1("crash-loop");
        assertThat(play.all(Action.StartModel.class).stream()
                        .filter(start -> start.artifact().artifact().equals(v2.artifact())))
                .hasSize(Starts.MAX_SINCE_MINUTE);
    }

    @Test
    void a_leak_goes_back_at_once_however_slow_it_is() {
        play.run(v1).desire(play.fleet.offer(v2)).serve(59, 10);

        play.on(new Event.ModelExited(VAD, play.active(), "over-memory-limit", "it took 300 MB"));

        back_on_v1("over-memory-limit");
    }

    @Test
    void what_people_should_know_of_a_start_is_an_event_of_its_attempt() {
        play.run(v1).desire(play.fleet.offer(v2));

        play.on(new Event.ModelNoticed(VAD, v2.artifact(), "stopped-first", "nothing answered for 600 ms"));

        DeviceEvent event = play.last(Action.Raise.class).event();
        assertThat(event.getCode()).isEqualTo("stopped-first");
        assertThat(event.getAttemptId()).isEqualTo(play.attempt().toBytes());
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void starts_are_counted_before_they_are_made_so_that_a_board_killer_is_left() {
        play.run(v1).hold(Action.StartModel.class).desire(play.fleet.offer(v2));
        for (int i = 0; i < 10 && play.active().equals(v2.artifact()); i++) {
            play.restart();
        }

        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.reason()).isEqualTo("crash-loop");
        assertThat(play.all(Action.StartModel.class).stream()
                        .filter(start -> start.artifact().artifact().equals(v2.artifact())))
                .hasSize(Starts.MAX_SINCE_MINUTE);
    }

    @Test
    void power_cuts_with_a_served_minute_between_them_do_not_condemn() {
        play.run(v1)
                .desire(play.fleet.offer(v2).setProbation(Probation.newBuilder().setRunningSeconds(3600)));
        for (int i = 0; i < 10; i++) {
            play.serve(61, 10).restart();
        }

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void twenty_starts_in_one_probation_condemn_even_with_minutes_between() {
        play.run(v1)
                .desire(play.fleet.offer(v2).setProbation(Probation.newBuilder().setRunningSeconds(36_000)));
        for (int i = 0; i < 30 && play.active().equals(v2.artifact()); i++) {
            play.serve(61, 10).restart();
        }

        back_on_v1("crash-loop");
    }

    @Test
    void a_few_quick_restarts_do_not_condemn_a_confirmed_model() {
        play.run(v1).run(v2);
        for (int i = 0; i < 10; i++) {
            play.restart();
        }

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void a_confirmed_model_that_starts_to_crash_in_a_loop_goes_back() {
        play.run(v1).run(v2);
        for (int i = 0; i < 10 && play.active().equals(v2.artifact()); i++) {
            crash_and_start_again();
        }

        back_on_v1("crash-loop");
    }

    @Test
    void a_model_that_cannot_be_started_after_its_trial_goes_back_at_once() {
        play.run(v1).hold(Action.StartModel.class).desire(play.fleet.offer(v2));
        play.release(Action.StartModel.class);

        play.on(new Event.ModelStartFailed(VAD, v2.artifact(), "load-failed", "no memory for it beside the old"));

        back_on_v1("load-failed");
    }

    @Test
    void a_broken_budget_in_probation_goes_back() {
        play.run(v1).desire(play.fleet.offer(v2));

        play.on(new Event.ModelServed(
                VAD,
                v2.artifact(),
                new Served(1000, 30),
                new Event.Violation("over-latency-budget", "p95 is 9 ms, the budget 5 ms")));

        back_on_v1("over-latency-budget");
        assertThat(play.install().detail()).isEqualTo("p95 is 9 ms, the budget 5 ms");
    }

    @Test
    void a_broken_budget_of_a_confirmed_model_is_not_for_the_device_to_judge() {
        play.run(v1);

        play.on(new Event.ModelServed(VAD, v1.artifact(), new Served(1000, 1), new Event.Violation("x", "y")));

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void without_a_way_back_the_slot_runs_nothing() {
        play.desire(play.fleet.offer(v1));
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE; i++) {
            if (play.slot().active() != null) {
                crash_and_start_again();
            }
        }

        assertThat(play.phase()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(play.slot().active()).isNull();
        assertThat(play.all(Action.StopModel.class)).hasSize(1);
    }

    @Test
    void a_confirmed_model_without_a_way_back_is_started_for_ever() {
        play.run(v1);
        for (int i = 0; i < 50; i++) {
            crash_and_start_again();
        }

        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.state.penaltyBox()).isEmpty();
    }

    @Test
    void restarts_wait_longer_each_time_and_never_longer_than_a_minute() {
        play.run(v1);
        play.crash();
        Duration first = play.last(Action.StartTimer.class).delay();
        play.on(new Event.RestartDue(VAD));
        for (int i = 0; i < 20; i++) {
            crash_and_start_again();
        }

        assertThat(play.last(Action.StartTimer.class).delay()).isEqualTo(Running.MAX_RESTART);
        assertThat(first).isLessThan(Running.MAX_RESTART);
    }

    @Test
    void the_old_model_goes_on_under_its_own_attempt_after_the_way_back() {
        play.run(v1);
        var first = play.attempt();
        play.desire(play.fleet.offer(v2));
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE; i++) {
            if (play.active().equals(v2.artifact())) {
                crash_and_start_again();
            }
        }

        Action.StartModel start = play.last(Action.StartModel.class);
        assertThat(start.artifact().attempt()).isEqualTo(first);
        assertThat(start.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void the_death_of_a_worker_that_was_replaced_is_not_a_crash() {
        play.run(v1).run(v2);

        play.on(new Event.ModelExited(VAD, v1.artifact(), "out-of-memory", "killed while draining"));

        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.events()).doesNotContain("model-ended");
    }

    @Test
    void two_reports_of_one_death_start_one_worker() {
        play.run(v1);
        int starts = play.all(Action.StartModel.class).size();

        play.crash().crash().on(new Event.RestartDue(VAD)).on(new Event.RestartDue(VAD));

        assertThat(play.all(Action.StartModel.class)).hasSize(starts + 1);
    }

    @Test
    void a_download_goes_on_when_the_old_model_is_left() {
        play.run(v1).run(v2);
        Published v3 = play.fleet.publish("3.0.0", 200_000);
        play.hold(Action.SendNeed.class).desire(play.fleet.offer(v3));

        for (int i = 0; i < 10 && play.active().equals(v2.artifact()); i++) {
            crash_and_start_again();
        }

        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.phase()).isEqualTo(Phase.ACCEPTED);
    }

    @Test
    void a_power_cut_in_the_way_back_starts_the_old_model() {
        play.run(v1).desire(play.fleet.offer(v2)).hold(Action.StartModel.class);
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE; i++) {
            play.on(new Event.RestartDue(VAD)).crash().wait(Duration.ofMinutes(1));
        }
        play.release(Action.StartModel.class);

        play.restart();

        assertThat(play.last(Action.StartModel.class).artifact().artifact()).isEqualTo(play.active());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
    }

    @Test
    void the_penalty_box_is_bounded_and_lets_the_oldest_go_first() {
        play.run(v1);
        play.trial = new TrialOutcome.Failed("self-test-failed", "the answer was off", true);
        Published first = play.fleet.publish("first", 1000);
        play.desire(play.fleet.offer(first));
        for (int i = 1; i < Turn.MAX_PENALTIES; i++) {
            play.desire(play.fleet.offer(play.fleet.publish("bad-" + i, 1000)));
        }
        assertThat(play.state.penaltyBox()).hasSize(Turn.MAX_PENALTIES).contains(first.artifact());

        play.desire(play.fleet.offer(play.fleet.publish("one more", 1000)));

        assertThat(play.state.penaltyBox()).hasSize(Turn.MAX_PENALTIES).doesNotContain(first.artifact());
    }
}
