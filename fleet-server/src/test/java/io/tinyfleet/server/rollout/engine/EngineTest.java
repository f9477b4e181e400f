package io.tinyfleet.server.rollout.engine;

import static io.tinyfleet.server.rollout.engine.DeviceStateName.CANCELLED;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.FAILED;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.HEALTHY;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.IDLE;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.OFFERED;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.PENDING;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.PROBATION;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.REJECTED;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.ROLLED_BACK;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.SKIPPED;
import static io.tinyfleet.server.rollout.engine.DeviceStateName.TIMED_OUT;
import static io.tinyfleet.server.rollout.engine.Story.wave;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EngineTest {

    // ---- offers

    @Test
    void a_started_rollout_opens_its_first_wave_and_offers_up_to_the_cap() {
        Story story = Story.running(wave(5, 2), wave(5, 5)).planned();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.OPEN);
        assertThat(story.wave(1)).isEqualTo(WaveStateName.WAITING);
        assertThat(story.in(OFFERED)).containsExactly("d1", "d2");
    }

    @Test
    void a_slot_is_not_freed_by_a_finished_download() {
        Story story = Story.running(wave(5, 2)).planned().says("d1", ReportedPhase.VERIFIED);

        story.plan();

        assertThat(story.in(OFFERED)).containsExactly("d2");
    }

    @Test
    void a_slot_is_freed_by_a_healthy_device() {
        Story story = Story.running(wave(5, 2)).planned().says("d1", ReportedPhase.HEALTHY);

        story.plan();

        assertThat(story.in(OFFERED)).containsExactly("d2", "d3");
    }

    @Test
    void a_slot_is_freed_by_an_idle_device() {
        Story story = Story.running(wave(5, 2)).planned().says("d1", ReportedPhase.IDLE);

        story.plan();

        assertThat(story.stateOf("d1")).isEqualTo(IDLE);
        assertThat(story.in(OFFERED)).containsExactly("d2", "d3");
    }

    @Test
    void an_offline_device_is_not_offered() {
        Story story = Story.running(wave(3, 3)).presence(Presence.OFFLINE, "d2").planned();

        assertThat(story.in(OFFERED)).containsExactly("d1", "d3");
    }

    @Test
    void a_device_that_returns_is_offered() {
        Story story = Story.running(wave(3, 3)).presence(Presence.OFFLINE, "d2").planned();

        story.presence(Presence.ONLINE, "d2").plan();

        assertThat(story.in(OFFERED)).containsExactly("d1", "d2", "d3");
    }

    @Test
    void a_device_not_heard_since_the_server_started_is_not_offered() {
        Story story = Story.running(wave(1, 1)).presence(Presence.UNKNOWN, "d1").planned();

        assertThat(story.stateOf("d1")).isEqualTo(PENDING);
    }

    @Test
    void a_device_not_heard_since_the_server_started_is_not_timed_out() {
        Story story = Story.running(wave(1, 1)).planned().presence(Presence.UNKNOWN, "d1");

        story.after(Duration.ofDays(30)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(OFFERED);
    }

    @Test
    void a_quarantined_device_is_skipped_when_its_turn_comes() {
        Story story = Story.running(wave(2, 1)).obstacle("d1", "quarantined").planned();

        assertThat(story.stateOf("d1")).isEqualTo(SKIPPED);
        assertThat(story.device("d1").state().cause().code()).isEqualTo("quarantined");
        assertThat(story.in(OFFERED)).containsExactly("d2");
    }

    @Test
    void a_paused_rollout_offers_nothing_and_still_hears_its_devices() {
        Story story = Story.running(wave(3, 1)).planned();
        story.person(new RolloutState.Paused(new Reason(Reason.PERSON, "wait"))).says("d1", ReportedPhase.HEALTHY);

        story.plan();

        assertThat(story.stateOf("d1")).isEqualTo(HEALTHY);
        assertThat(story.in(OFFERED)).isEmpty();
    }

    // ---- acknowledgement and deadlines

    @Test
    void an_unacknowledged_offer_is_withdrawn_and_made_again() {
        Story story = Story.running(wave(1, 1)).planned();
        AttemptId first = story.device("d1").exposure().offer().orElseThrow().attempt();

        List<Decision> decisions = story.after(Duration.ofSeconds(60)).plan();

        assertThat(decisions).hasAtLeastOneElementOfType(Decision.Withdraw.class);
        assertThat(story.stateOf("d1")).isEqualTo(OFFERED);
        assertThat(story.device("d1").exposure().offer().orElseThrow().attempt())
                .isNotEqualTo(first);
    }

    @Test
    void an_offer_stands_until_its_deadline() {
        Story story = Story.running(wave(1, 1)).planned();

        List<Decision> decisions = story.after(Duration.ofSeconds(59)).plan();

        assertThat(decisions).isEmpty();
    }

    @Test
    void an_offer_to_a_device_that_went_offline_is_withdrawn_by_the_wall_and_frees_its_slot() {
        Story story = Story.running(wave(2, 1)).planned().presence(Presence.OFFLINE, "d1");

        story.after(Duration.ofSeconds(60)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(PENDING);
        assertThat(story.device("d1").exposure().wantsNew()).isFalse();
        assertThat(story.stateOf("d2")).isEqualTo(OFFERED);
    }

    @Test
    void an_online_device_that_ignores_three_offers_is_timed_out_and_its_link_is_blamed() {
        Story story = Story.running(wave(2, 2)).planned();
        story.says("d2", ReportedPhase.PROBATION);

        story.after(Duration.ofSeconds(60))
                .planned()
                .after(Duration.ofSeconds(60))
                .planned();
        story.after(Duration.ofSeconds(60)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(TIMED_OUT);
        assertThat(story.device("d1").state().value()).isEqualTo(Value.LINK);
        assertThat(story.device("d1").exposure().wantsNew()).isFalse();
    }

    @Test
    void a_phase_deadline_runs_on_online_seconds_only() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.DOWNLOADING)
                .planned();
        story.presence(Presence.OFFLINE, "d1").after(Duration.ofHours(3)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(DeviceStateName.DOWNLOADING);
    }

    @Test
    void a_download_that_takes_too_long_online_times_out_on_the_links_account() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.DOWNLOADING)
                .planned();

        story.after(Duration.ofSeconds(600)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(TIMED_OUT);
        assertThat(story.device("d1").state().cause().code()).isEqualTo("DOWNLOADING");
        assertThat(story.device("d1").state().value()).isEqualTo(Value.LINK);
    }

    @Test
    void silence_in_probation_is_a_failure_of_the_artifact_never_success() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(1, 1)).planned();
        story.says("d1", ReportedPhase.PROBATION).planned();

        story.after(Duration.ofSeconds(1200)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(TIMED_OUT);
        assertThat(story.device("d1").state().value()).isEqualTo(Value.FAILED);
        assertThat(story.why())
                .isEqualTo("Canary stopped the rollout: d1 said nothing more in probation"
                        + " (no step forward within the phase's deadline)");
    }

    @Test
    void the_outer_limit_while_offline_says_nothing_about_the_artifact() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.PROBATION)
                .planned();

        story.presence(Presence.OFFLINE, "d1").after(Duration.ofHours(24)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(TIMED_OUT);
        assertThat(story.device("d1").state().value()).isEqualTo(Value.LINK);
        assertThat(story.device("d1").exposure().wantsNew()).isFalse();
    }

    @Test
    void a_step_forward_starts_the_next_deadline() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.DOWNLOADING)
                .planned();

        story.after(Duration.ofSeconds(599)).says("d1", ReportedPhase.VERIFIED).planned();
        story.after(Duration.ofSeconds(299)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(DeviceStateName.VERIFIED);
    }

    // ---- reports

    @Test
    void a_report_may_skip_phases() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.PROBATION)
                .planned();

        assertThat(story.stateOf("d1")).isEqualTo(PROBATION);
    }

    @Test
    void a_report_never_takes_a_device_back() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.PROBATION)
                .planned();

        story.says("d1", ReportedPhase.DOWNLOADING).plan();

        assertThat(story.stateOf("d1")).isEqualTo(PROBATION);
    }

    @Test
    void a_report_about_another_attempt_is_not_evidence() {
        Story story = Story.running(wave(1, 1)).planned();
        AttemptId other = new AttemptId(new UUID(9, 9));

        story.saysAbout(other, "d1", new AttemptReport(other, ReportedPhase.HEALTHY, Cause.NONE, true))
                .plan();

        assertThat(story.stateOf("d1")).isEqualTo(OFFERED);
    }

    @Test
    void a_finished_device_stays_finished() {
        Story story = Story.running(wave(2, 2))
                .planned()
                .says("d1", ReportedPhase.HEALTHY)
                .planned();

        story.says("d1", ReportedPhase.FAILED).plan();

        assertThat(story.stateOf("d1")).isEqualTo(HEALTHY);
    }

    @Test
    void a_failure_heard_after_the_withdrawal_still_counts() {
        Story story = Story.running(wave(1, 1)).planned();
        story.presence(Presence.OFFLINE, "d1").after(Duration.ofSeconds(60)).plan();

        story.fails("d1", "self-test-failed").plan();

        assertThat(story.stateOf("d1")).isEqualTo(FAILED);
        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
    }

    @Test
    void a_device_that_failed_before_activation_gets_its_old_content_back() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(2, 2)).planned();

        List<Decision> decisions = story.fails("d1", "self-test-failed").plan();

        assertThat(decisions).contains(new Decision.Revert(story.device("d1").device()));
        assertThat(story.device("d1").exposure().wantsNew()).isFalse();
        assertThat(story.device("d2").exposure().wantsNew()).isTrue();
    }

    @Test
    void an_idle_device_keeps_the_new_model() {
        Story story = Story.running(wave(2, 2))
                .planned()
                .says("d1", ReportedPhase.IDLE)
                .planned();

        assertThat(story.device("d1").exposure().wantsNew()).isTrue();
    }

    // ---- canary

    @Test
    void the_first_failure_in_a_small_canary_rolls_everything_back_by_itself() {
        Story story = Story.running(wave(1, 1), wave(2, 2)).planned();

        story.saysAbout(
                        story.device("d1").exposure().offer().orElseThrow().attempt(),
                        "d1",
                        new AttemptReport(
                                new AttemptId(new UUID(0, 0)),
                                ReportedPhase.FAILED,
                                new Cause("self-test-failed", "got 0.01, expected 0.9"),
                                true))
                .plan();

        assertThat(story.why())
                .isEqualTo("Canary stopped the rollout: d1 failed its self-test (got 0.01, expected 0.9)");
        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
        assertThat(story.wave(0)).isEqualTo(WaveStateName.FAILED);
        assertThat(story.in(CANCELLED)).containsExactly("d2", "d3");
    }

    @Test
    void onFail_PAUSE_pauses_and_takes_nobody_back() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(3, 3)).planned();
        story.says("d1", ReportedPhase.HEALTHY).fails("d2", "self-test-failed").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.device("d1").exposure().wantsNew()).isTrue();
        assertThat(story.verdict(0, GateName.CANARY).verdict()).isEqualTo(Verdict.FAIL);
    }

    @Test
    void one_failure_does_not_stop_a_first_wave_of_more_than_ten() {
        Story story = Story.running(wave(11, 11))
                .planned()
                .fails("d1", "self-test-failed")
                .planned();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
    }

    @Test
    void two_failures_stop_a_first_wave_of_more_than_ten() {
        Story story = Story.running(wave(11, 11)).planned();

        story.fails("d1", "self-test-failed").fails("d7", "self-test-failed").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
    }

    @Test
    void a_failure_before_the_artifact_was_verified_does_not_blame_the_model() {
        Story story = Story.running(wave(5, 5)).planned().failsDownload("d1").planned();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
        assertThat(story.stateOf("d1")).isEqualTo(FAILED);
        assertThat(story.verdict(0, GateName.CANARY).verdict()).isEqualTo(Verdict.INSUFFICIENT);
    }

    @Test
    void a_wave_passes_when_all_of_its_devices_are_healthy_and_the_soak_is_over() {
        Story story =
                Story.running(wave(2, 2), wave(1, 1)).planned().allHealthy(1, 2).planned();
        assertThat(story.wave(0)).isEqualTo(WaveStateName.SOAKING);

        story.after(Story.SOAK).plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.PASSED);
        assertThat(story.wave(1)).isEqualTo(WaveStateName.OPEN);
        assertThat(story.stateOf("d3")).isEqualTo(OFFERED);
    }

    @Test
    void no_wave_passes_before_its_soak_is_over() {
        Story story =
                Story.running(wave(2, 2), wave(1, 1)).planned().allHealthy(1, 2).planned();

        story.after(Story.SOAK.minusMillis(1)).plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.SOAKING);
        assertThat(story.stateOf("d3")).isEqualTo(PENDING);
    }

    @Test
    void a_device_without_a_value_holds_the_canary_wave() {
        Story story = Story.running(wave(2, 2), wave(1, 1)).planned();
        story.says("d1", ReportedPhase.HEALTHY).says("d2", ReportedPhase.REJECTED);

        story.soaked();

        assertThat(story.stateOf("d2")).isEqualTo(REJECTED);
        assertThat(story.wave(0)).isEqualTo(WaveStateName.SOAKING);
        assertThat(story.verdict(0, GateName.CANARY).verdict()).isEqualTo(Verdict.INSUFFICIENT);
    }

    @Test
    void insufficient_evidence_pauses_at_the_deadline() {
        Story story = Story.running(wave(2, 2), wave(1, 1)).planned();
        story.says("d1", ReportedPhase.HEALTHY).says("d2", ReportedPhase.IDLE).soaked();

        story.after(Story.INSUFFICIENT_AFTER).plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.why()).contains("1 of 2 offered devices are healthy");
    }

    @Test
    void insufficient_evidence_advances_only_when_the_plan_says_so() {
        Story story = Story.running(OnFail.ROLL_BACK, OnInsufficient.ADVANCE, wave(2, 2), wave(1, 1))
                .planned();
        story.says("d1", ReportedPhase.HEALTHY).says("d2", ReportedPhase.IDLE).soaked();

        story.after(Story.INSUFFICIENT_AFTER).plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.PASSED);
    }

    @Test
    void insufficient_evidence_rolls_back_when_the_plan_says_so() {
        Story story = Story.running(OnFail.PAUSE, OnInsufficient.ROLL_BACK, wave(2, 2), wave(1, 1))
                .planned();
        story.says("d1", ReportedPhase.HEALTHY).says("d2", ReportedPhase.IDLE).soaked();

        story.after(Story.INSUFFICIENT_AFTER).plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLING_BACK);
    }

    @Test
    void a_resumed_rollout_waits_the_whole_deadline_again() {
        Story story = Story.running(wave(2, 2), wave(1, 1)).planned();
        story.says("d1", ReportedPhase.HEALTHY).says("d2", ReportedPhase.IDLE).soaked();
        story.after(Story.INSUFFICIENT_AFTER).planned().resume();

        story.plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
    }

    @Test
    void the_canary_rule_ends_when_the_install_test_can_pass() {
        Story story = Story.running(wave(10, 10), wave(60, 60)).planned().allHealthy(1, 10);
        story.soaked();
        assertThat(story.in(OFFERED)).hasSize(60);

        story.fails("d11", "self-test-failed").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
        assertThat(story.verdict(1, GateName.CANARY).holdsWave()).isFalse();
    }

    // ---- install test through the engine

    @Test
    void a_clean_model_passes_the_install_test_after_forty_one_devices() {
        assertThat(Sprt.DEFAULT.shortestPass()).isEqualTo(41);
        Story story = Story.running(wave(41, 10)).judgedBy(new InstallGate()).planned();
        for (int k = 1; k <= 40; k++) {
            story.says("d" + k, ReportedPhase.HEALTHY).planned();
        }
        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.INSUFFICIENT);

        story.says("d41", ReportedPhase.HEALTHY).plan();

        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.PASS);
    }

    @Test
    void the_shortest_pass_follows_p0_and_p1() {
        assertThat(new Sprt(0.01, 0.20, 0.008, 0.05).shortestPass()).isEqualTo(15);
        assertThat(new Sprt(0.02, 0.08, 0.008, 0.05).shortestPass()).isEqualTo(48);
    }

    @Test
    void pending_devices_count_as_healthy_for_FAIL_so_that_early_failures_do_not_stop_a_good_model() {
        Story story = Story.running(wave(100, 10)).judgedBy(new InstallGate()).planned();
        story.allHealthy(1, 10)
                .planned()
                .allHealthy(11, 20)
                .planned()
                .allHealthy(21, 30)
                .planned();
        story.allHealthy(31, 40).planned().allHealthy(41, 50).planned();

        story.fails("d60", "x").fails("d59", "x").plan();

        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.INSUFFICIENT);
    }

    @Test
    void three_failures_at_the_start_stop_at_once() {
        Story story = Story.running(wave(100, 10)).judgedBy(new InstallGate()).planned();

        story.fails("d1", "x").fails("d2", "x").fails("d3", "x").plan();

        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.FAIL);
        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
    }

    @Test
    void pending_online_devices_count_as_failed_for_PASS() {
        Story story = Story.running(wave(60, 60)).judgedBy(new InstallGate()).planned();

        story.allHealthy(1, 55).plan();

        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.INSUFFICIENT);
    }

    @Test
    void pending_offline_devices_are_left_out_of_PASS() {
        Story story = Story.running(wave(60, 60)).judgedBy(new InstallGate()).planned();

        story.allHealthy(1, 55)
                .presence(Presence.OFFLINE, "d56", "d57", "d58", "d59", "d60")
                .plan();

        assertThat(story.verdict(0, GateName.INSTALL).verdict()).isEqualTo(Verdict.PASS);
    }

    @Test
    void rejected_idle_and_broken_links_are_no_values_of_the_install_test() {
        Story story = Story.running(wave(10, 10)).judgedBy(new InstallGate()).planned();

        story.says("d1", ReportedPhase.REJECTED)
                .says("d2", ReportedPhase.IDLE)
                .failsDownload("d3")
                .says("d4", ReportedPhase.HEALTHY)
                .plan();

        assertThat(((Evidence.LikelihoodRatio)
                                story.verdict(0, GateName.INSTALL).evidence())
                        .n())
                .isEqualTo(1);
    }

    @Test
    void the_install_test_is_not_restarted_by_a_new_wave() {
        Story story = Story.running(wave(50, 50), wave(50, 50))
                .judgedBy(new InstallGate())
                .planned();
        story.fails("d1", "x").allHealthy(2, 10).planned();
        story.fails("d11", "x").allHealthy(12, 50).soaked();
        assertThat(story.wave(0)).as("not good enough yet").isEqualTo(WaveStateName.SOAKING);

        Assessment verdict = story.verdict(0, GateName.INSTALL);

        assertThat(((Evidence.LikelihoodRatio) verdict.evidence()).n()).isEqualTo(50);
        assertThat(verdict.verdict()).isEqualTo(Verdict.INSUFFICIENT);
    }

    @Test
    void only_the_first_attempt_of_a_device_counts() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(20, 20)).planned();
        story.fails("d1", "x").planned();

        story.retry("d1").planned();
        story.says("d1", ReportedPhase.HEALTHY).plan();

        assertThat(story.stateOf("d1")).isEqualTo(HEALTHY);
        List<InstallGate.Point> path = InstallGate.path(
                Sprt.DEFAULT,
                Engine.evidence(story.snapshot(), story.observations(), 0, GateName.INSTALL)
                        .opinions());
        assertThat(path).singleElement().satisfies(point -> {
            assertThat(point.order()).isEqualTo(1);
            assertThat(point.llr()).isPositive();
        });
    }

    @Test
    void a_retry_lifts_the_penalty_box_and_has_its_own_attempt() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(20, 20)).planned();
        AttemptId first = story.device("d1").exposure().offer().orElseThrow().attempt();
        story.fails("d1", "x").planned().retry("d1");

        List<Decision> decisions = story.plan();

        assertThat(decisions)
                .filteredOn(Decision.Offer.class::isInstance)
                .singleElement()
                .satisfies(decision -> {
                    assertThat(((Decision.Offer) decision).retry()).isTrue();
                    assertThat(((Decision.Offer) decision).attempt()).isNotEqualTo(first);
                });
    }

    @Test
    void a_failed_device_is_not_offered_again_by_itself() {
        Story story =
                Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(20, 20)).planned();

        story.fails("d1", "x").planned().after(Duration.ofHours(2)).plan();

        assertThat(story.stateOf("d1")).isEqualTo(FAILED);
    }

    @Test
    void only_a_device_that_ended_without_success_can_be_tried_again() {
        Story story = Story.running(wave(1, 1))
                .planned()
                .says("d1", ReportedPhase.HEALTHY)
                .planned();

        assertThatThrownBy(() -> story.retry("d1")).hasMessageContaining("HEALTHY");
    }

    // ---- resume after FAIL

    @Test
    void a_resume_after_FAIL_starts_a_new_test_from_that_point() {
        Story story = Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(2, 1), wave(3, 1))
                .planned();
        story.fails("d1", "x").planned();
        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);

        story.resume().plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
        assertThat(story.stateOf("d2")).isEqualTo(OFFERED);
    }

    @Test
    void the_new_test_can_fail_too() {
        Story story = Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(2, 1), wave(3, 1))
                .planned();
        story.fails("d1", "x").planned().resume().planned();

        story.fails("d2", "y").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.why()).contains("d2");
    }

    @Test
    void a_retry_after_the_resume_is_judged_by_the_canary() {
        Story story = Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(1, 1), wave(3, 1))
                .planned();
        story.fails("d1", "x").planned().resume().retry("d1").planned();

        story.fails("d1", "again").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.why()).contains("again");
    }

    @Test
    void a_wave_with_nothing_left_to_judge_advances_on_the_persons_word() {
        Story story = Story.running(OnFail.PAUSE, OnInsufficient.PAUSE, wave(1, 1), wave(3, 1))
                .planned();
        story.fails("d1", "x").planned().resume();

        story.soaked();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.PASSED);
        assertThat(story.stateOf("d2")).isEqualTo(OFFERED);
    }

    // ---- link

    @Test
    void broken_downloads_pause_and_blame_the_link_even_when_the_plan_says_roll_back() {
        Story story = Story.running(wave(5, 5)).planned();

        story.failsDownload("d1").failsDownload("d2").failsDownload("d3").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.why()).contains("the link is to blame, not the model");
    }

    @Test
    void two_broken_downloads_of_five_do_not_pause() {
        Story story = Story.running(wave(5, 5)).planned();

        story.failsDownload("d1").failsDownload("d2").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.RUNNING);
    }

    // ---- offline devices and waves

    @Test
    void offline_devices_do_not_hold_a_wave_open() {
        Story story = Story.running(wave(3, 3), wave(2, 2))
                .presence(Presence.OFFLINE, "d3")
                .planned();

        story.allHealthy(1, 2).plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.SOAKING);
    }

    @Test
    void a_straggler_is_taken_under_the_next_waves_gates() {
        Story story = Story.running(wave(3, 3), wave(2, 5))
                .presence(Presence.OFFLINE, "d3")
                .planned();
        story.allHealthy(1, 2).soaked();

        story.presence(Presence.ONLINE, "d3").plan();

        assertThat(story.stateOf("d3")).isEqualTo(OFFERED);
        assertThat(story.device("d3").exposure().offer().orElseThrow().wave()).isEqualTo(1);
    }

    @Test
    void a_device_that_returns_during_the_soak_waits_for_the_next_wave() {
        Story story = Story.running(wave(3, 3), wave(2, 5))
                .presence(Presence.OFFLINE, "d3")
                .planned();
        story.allHealthy(1, 2).planned();

        story.presence(Presence.ONLINE, "d3").plan();

        assertThat(story.stateOf("d3")).isEqualTo(PENDING);
    }

    @Test
    void a_wave_that_too_few_devices_reported_in_does_not_soak() {
        Story story = Story.running(new Story.Wave(3, 3, 2), wave(1, 1))
                .presence(Presence.OFFLINE, "d2", "d3")
                .planned();

        story.says("d1", ReportedPhase.HEALTHY).plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.OPEN);
    }

    @Test
    void a_wave_that_too_few_devices_reported_in_pauses_the_rollout_at_the_deadline() {
        Story story = Story.running(new Story.Wave(3, 3, 2), wave(1, 1))
                .presence(Presence.OFFLINE, "d2", "d3")
                .planned();
        story.says("d1", ReportedPhase.HEALTHY).planned();

        story.after(Story.INSUFFICIENT_AFTER).plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.why()).contains("1 of 2 devices that it needs");
    }

    @Test
    void a_wave_of_skipped_devices_is_skipped() {
        Story story = Story.running(wave(1, 1), wave(1, 1)).obstacle("d1", "quarantined");

        story.plan();

        assertThat(story.wave(0)).isEqualTo(WaveStateName.SKIPPED);
        assertThat(story.stateOf("d2")).isEqualTo(OFFERED);
    }

    // ---- completion

    @Test
    void a_rollout_completes_when_its_last_wave_passed() {
        Story story =
                Story.running(wave(1, 1), wave(2, 2)).planned().allHealthy(1, 1).soaked();

        story.allHealthy(2, 3).soaked();

        assertThat(story.state()).isEqualTo(RolloutStateName.COMPLETED);
        assertThat(story.in(HEALTHY)).hasSize(3);
    }

    @Test
    void a_device_that_never_returned_is_cancelled_and_never_counted_as_done() {
        Story story = Story.running(wave(3, 3)).presence(Presence.OFFLINE, "d3").planned();

        story.allHealthy(1, 2).soaked();

        assertThat(story.state()).isEqualTo(RolloutStateName.COMPLETED);
        assertThat(story.stateOf("d3")).isEqualTo(CANCELLED);
    }

    @Test
    void the_last_wave_waits_for_a_device_that_went_away_with_the_offer() {
        Story story = Story.running(wave(2, 2))
                .planned()
                .says("d2", ReportedPhase.DOWNLOADING)
                .planned();
        story.says("d1", ReportedPhase.HEALTHY).presence(Presence.OFFLINE, "d2").soaked();
        assertThat(story.wave(0)).isEqualTo(WaveStateName.OPEN);

        story.presence(Presence.ONLINE, "d2").says("d2", ReportedPhase.HEALTHY).soaked();

        assertThat(story.state()).isEqualTo(RolloutStateName.COMPLETED);
    }

    @Test
    void a_completed_rollout_decides_nothing() {
        Story story = Story.running(wave(1, 1)).planned().allHealthy(1, 1).soaked();

        List<Decision> decisions =
                story.after(Duration.ofDays(9)).fails("d1", "x").plan();

        assertThat(decisions).isEmpty();
    }

    // ---- going back

    @Test
    void going_back_reverts_every_exposed_device_and_no_other() {
        Story story = Story.running(wave(4, 3)).planned();
        story.says("d1", ReportedPhase.HEALTHY)
                .says("d2", ReportedPhase.PROBATION)
                .planned();

        List<Decision> decisions = story.person(new RolloutState.RollingBack(new Reason(Reason.PERSON, "no")))
                .plan();

        assertThat(decisions)
                .filteredOn(Decision.Revert.class::isInstance)
                .extracting(decision -> ((Decision.Revert) decision).device().value())
                .containsExactlyInAnyOrder("d1", "d2", "d3", "d4");
        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLING_BACK);
    }

    @Test
    void going_back_waits_for_online_devices_to_run_the_old_model() {
        Story story = Story.running(wave(2, 2)).planned().allHealthy(1, 2).planned();
        story.person(new RolloutState.RollingBack(new Reason(Reason.PERSON, "no")))
                .planned();
        story.runsOldAgain("d1").planned();
        assertThat(story.stateOf("d1")).isEqualTo(ROLLED_BACK);
        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLING_BACK);

        story.runsOldAgain("d2").plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
    }

    @Test
    void going_back_does_not_wait_for_offline_devices_but_has_turned_their_desired_state() {
        Story story = Story.running(wave(2, 2)).planned().allHealthy(1, 2).planned();
        story.presence(Presence.OFFLINE, "d2").runsOldAgain("d1");

        story.person(new RolloutState.RollingBack(new Reason(Reason.PERSON, "no")))
                .plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLED_BACK);
        assertThat(story.device("d2").exposure().wantsNew()).isFalse();
        assertThat(story.device("d2").state().cause().detail()).isEqualTo("offline; goes back when it returns");
    }

    @Test
    void a_device_of_unknown_presence_is_waited_for_when_going_back() {
        Story story = Story.running(wave(1, 1)).planned().allHealthy(1, 1).planned();
        story.presence(Presence.UNKNOWN, "d1");

        story.person(new RolloutState.RollingBack(new Reason(Reason.PERSON, "no")))
                .plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.ROLLING_BACK);
        assertThat(story.device("d1").exposure().wantsNew()).isFalse();
    }

    @Test
    void what_a_device_said_before_it_was_taken_back_stays_said() {
        Story story =
                Story.running(wave(1, 1)).planned().allHealthy(1, 1).planned().runsOldAgain("d1");

        story.person(new RolloutState.RollingBack(new Reason(Reason.PERSON, "no")))
                .plan();

        assertThat(story.stateOf("d1")).isEqualTo(ROLLED_BACK);
        assertThat(story.device("d1").state().value()).isEqualTo(Value.HEALTHY);
    }

    @Test
    void an_aborted_rollout_keeps_what_is_done_and_stops_what_is_not() {
        Story story = Story.running(wave(3, 2))
                .planned()
                .says("d1", ReportedPhase.HEALTHY)
                .planned();

        story.person(new RolloutState.Aborted(new Reason(Reason.PERSON, "enough")))
                .plan();

        assertThat(story.device("d1").exposure().wantsNew()).isTrue();
        assertThat(story.in(CANCELLED)).containsExactly("d2", "d3");
        assertThat(story.device("d2").exposure().wantsNew()).isFalse();
    }

    // ---- fail closed

    @Test
    void a_gate_that_cannot_be_read_pauses_the_rollout() {
        Story story = Story.running(wave(1, 1)).judgedBy(new UnreadableGate());

        story.plan();

        assertThat(story.state()).isEqualTo(RolloutStateName.PAUSED);
        assertThat(story.snapshot().state().why().orElseThrow().code()).isEqualTo(Reason.UNREADABLE);
        assertThat(story.why()).contains("no table today");
    }

    private static final class UnreadableGate implements Gate {
        @Override
        public GateName name() {
            return new GateName("latency");
        }

        @Override
        public String title() {
            return "Latency";
        }

        @Override
        public String limitSentence(RolloutPlan plan, int firstWaveSize) {
            return "";
        }

        @Override
        public Assessment assess(GateInput input) {
            throw new IllegalStateException("no table today");
        }
    }
}
