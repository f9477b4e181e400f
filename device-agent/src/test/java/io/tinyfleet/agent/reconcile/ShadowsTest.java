package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.ReportedSlot;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A second model beside the slot's own: what becomes of it, and that the slot's own never notices. */
class ShadowsTest {
    private final Play play = new Play().connect();
    private final Published v1 = play.fleet.publish("1.0.0", 300_000);
    private final Published v2 = play.fleet.publish("2.0.0", 400_000);
    private final Published v3 = play.fleet.publish("3.0.0", 200_000);
    private final DesiredSlot.Builder wanted = play.fleet.offer(v1);

    @BeforeEach
    void v1_runs() {
        play.keepsModels = true;
        play.desire(wanted).serve(60, 100);
    }

    private SlotState shadow() {
        return play.state.findShadow(VAD).orElseThrow();
    }

    private AttemptId attempt() {
        return shadow().findOffer().orElseThrow().attempt();
    }

    private Play shadowOf(Published release) {
        return play.desire(play.fleet.beside(wanted, release, 0.5));
    }

    private Play served(long seconds, long inputs) {
        return play.on(new Event.ShadowServed(VAD, attempt(), new Served(seconds * 1000, inputs)));
    }

    private Attempt reported() {
        ReportedSlot slot = play.last(Action.Report.class).reported().getSlots(0);
        return slot.getShadow();
    }

    private void v1_still_answers() {
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.all(Action.StopModel.class)).isEmpty();
        assertThat(play.all(Action.StartModel.class)).hasSize(1);
    }

    private void ended(Phase phase, String reason) {
        assertThat(shadow().install().phase()).isEqualTo(phase);
        assertThat(shadow().install().reason()).isEqualTo(reason);
        assertThat(reported().getPhase()).isEqualTo(phase);
        assertThat(reported().getReason()).isEqualTo(reason);
        v1_still_answers();
    }

    // ---- the way to it

    @Test
    void a_shadow_is_fetched_tried_and_started_beside_the_active_model() {
        shadowOf(v2);

        Action.StartShadow start = play.last(Action.StartShadow.class);
        assertThat(start.artifact().artifact()).isEqualTo(v2.artifact());
        assertThat(start.share()).isEqualTo(0.5);
        assertThat(play.all(Action.RunTrial.class))
                .last()
                .satisfies(trial -> assertThat(trial.lane()).isEqualTo(Lane.SHADOWS));
        assertThat(shadow().serving()).isEqualTo(Serving.RUNNING);
        assertThat(reported().getPhase()).isEqualTo(Phase.SHADOWING);
        assertThat(reported().getArtifactSha256()).isEqualTo(v2.artifact().toBytes());
        v1_still_answers();
    }

    @Test
    void the_same_document_again_asks_for_nothing() {
        DesiredSlot.Builder both = play.fleet.beside(wanted, v2, 0.5);
        play.desire(both).desire(both);

        assertThat(play.all(Action.StartShadow.class)).hasSize(1);
        assertThat(play.all(Action.StopShadow.class)).isEmpty();
    }

    @Test
    void another_attempt_ends_the_one_before() {
        shadowOf(v2);
        shadowOf(v3);

        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
        assertThat(play.last(Action.StartShadow.class).artifact().artifact()).isEqualTo(v3.artifact());
        assertThat(play.log.lastIndexOf(play.last(Action.StopShadow.class)))
                .isLessThan(play.log.lastIndexOf(play.last(Action.StartShadow.class)));
        v1_still_answers();
    }

    @Test
    void a_shadow_waits_for_a_model_to_stand_beside() {
        Play fresh = new Play();
        Published first = fresh.fleet.publish("1.0.0", 300_000);
        Published second = fresh.fleet.publish("2.0.0", 300_000);

        fresh.connect().desire(fresh.fleet.beside(fresh.fleet.offer(first), second, 1));

        assertThat(fresh.active()).isEqualTo(first.artifact());
        assertThat(fresh.log.indexOf(fresh.last(Action.StartModel.class)))
                .isLessThan(fresh.log.indexOf(fresh.last(Action.StartShadow.class)));
        assertThat(fresh.state.findShadow(VAD).orElseThrow().install().phase()).isEqualTo(Phase.SHADOWING);
    }

    // ---- refusals

    @Test
    void what_the_slot_runs_already_is_refused_as_its_shadow() {
        shadowOf(v1);

        ended(Phase.REJECTED, "same-as-active");
        assertThat(play.all(Action.StartShadow.class)).isEmpty();
    }

    @Test
    void a_shadow_without_room_beside_the_active_model_is_refused_before_a_byte_is_fetched() {
        play.limits = new DeviceLimits(
                1L << 30, 1L << 30, "linux-x86_64-glibc", Play.ROOMY.runtimes(), null, "needs 90 MB beside, 40 free");
        int before = play.askedChunks(v2);

        shadowOf(v2);

        ended(Phase.REJECTED, "not-enough-ram");
        assertThat(reported().getDetail()).isEqualTo("needs 90 MB beside, 40 free");
        assertThat(play.askedChunks(v2)).isEqualTo(before);
        assertThat(play.events()).contains("shadow-rejected").doesNotContain("install-rejected");
    }

    @Test
    void another_limit_of_the_device_refuses_a_shadow_as_it_refuses_an_install() {
        play.limits = new DeviceLimits(1L << 30, 1L << 20, "linux-x86_64-glibc", Play.ROOMY.runtimes(), null);

        shadowOf(v2);

        ended(Phase.REJECTED, "not-enough-flash");
    }

    @Test
    void a_shadow_that_nobody_signed_is_refused() {
        play.hold(Action.VerifyRelease.class);
        shadowOf(v2);

        play.on(new Event.ReleaseRefused(VAD, attempt(), "threshold-not-met", "no key has signed"));

        ended(Phase.FAILED, "release-refused");
        assertThat(play.events()).contains("release-refused", "shadow-failed");
    }

    @Test
    void a_shadow_under_the_floor_is_refused() {
        Published weak = play.fleet.publish("0.9.0", 100_000);
        play.fleet.securityVersion(3);
        Published strong = play.fleet.publish("3.1.0", 100_000);
        play.fleet.floor(2);

        play.desire(play.fleet.beside(wanted, weak, 1));

        ended(Phase.FAILED, "below-floor");
        play.desire(play.fleet.beside(wanted, strong, 1));
        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
    }

    @Test
    void a_shadow_that_fails_its_trial_is_not_started_and_its_file_not_tried_again() {
        play.trial = new TrialOutcome.Failed("self-test-failed", "output 0 is off by 0.2", true);
        shadowOf(v2);

        ended(Phase.FAILED, "self-test-failed");
        assertThat(play.all(Action.StartShadow.class)).isEmpty();
        assertThat(play.state.penaltyBox()).containsExactly(v2.artifact());

        shadowOf(v2);
        ended(Phase.REJECTED, "penalty-box");
    }

    // ---- what it may do wrong

    @Test
    void a_shadow_that_crashes_or_hangs_ends_alone_and_is_not_started_again() {
        shadowOf(v2);

        play.on(new Event.ShadowEnded(VAD, attempt(), "model-crash", "SIGSEGV"));

        ended(Phase.FAILED, "model-crash");
        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
        assertThat(play.all(Action.StartShadow.class)).hasSize(1);
        assertThat(play.state.penaltyBox()).isEmpty();

        play.restart();
        assertThat(play.all(Action.StartShadow.class)).hasSize(1);
    }

    @Test
    void the_end_of_a_shadow_before_says_nothing_of_the_one_that_runs() {
        shadowOf(v2);
        AttemptId old = attempt();
        shadowOf(v3);

        play.on(new Event.ShadowEnded(VAD, old, "model-crash", "SIGSEGV"));

        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
    }

    // ---- its bounds

    private Play bounded(UnaryOperator<io.tinyfleet.protocol.v1.Shadow.Builder> bounds) {
        DesiredSlot.Builder both = play.fleet.beside(wanted, v2, 1);
        return play.desire(both.setShadow(bounds.apply(both.getShadow().toBuilder())));
    }

    @Test
    void a_shadow_ends_after_its_inputs() {
        bounded(shadow -> shadow.setMaxInputs(1000));

        served(10, 600);
        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
        served(10, 600);

        ended(Phase.SHADOWED, "bound-reached");
        assertThat(reported().getShadowCompared()).isEqualTo(1200);
        assertThat(reported().getShadowSeconds()).isEqualTo(20);
        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
    }

    @Test
    void a_shadow_ends_after_its_time_even_without_input() {
        bounded(shadow -> shadow.setMaxSeconds(120));

        served(119, 0);
        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
        served(1, 0);

        ended(Phase.SHADOWED, "bound-reached");
    }

    // ---- its end

    @Test
    void a_shadow_that_is_removed_stops_and_is_reported_no_more() {
        shadowOf(v2);

        play.desire(wanted);

        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
        assertThat(play.last(Action.Report.class).reported().getSlots(0).hasShadow())
                .isFalse();
        v1_still_answers();
    }

    @Test
    void a_shadow_that_is_removed_while_it_is_fetched_leaves_nothing_behind() {
        play.hold(Action.SendNeed.class);
        shadowOf(v2);
        assertThat(play.state.findShadow(VAD)).isPresent();

        play.desire(wanted);

        assertThat(play.state.findShadow(VAD)).isEmpty();
        assertThat(play.last(Action.CollectGarbage.class).pinned()).doesNotContain(v2.artifact());
        assertThat(play.all(Action.StartShadow.class)).isEmpty();
        v1_still_answers();
    }

    @Test
    void an_install_of_what_was_a_shadow_fetches_nothing() {
        shadowOf(v2);
        play.desire(wanted);
        assertThat(play.last(Action.CollectGarbage.class).pinned()).contains(v2.artifact());
        int chunks = play.askedChunks(v2);

        play.desire(play.fleet.offer(v2)).serve(60, 100);

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.askedChunks(v2)).isEqualTo(chunks);
        assertThat(play.state.findShadow(VAD)).isEmpty();
    }

    @Test
    void the_file_of_a_removed_shadow_goes_with_the_next_offer_of_something_else() {
        shadowOf(v2);
        play.desire(wanted);

        play.desire(play.fleet.offer(v3));

        assertThat(play.last(Action.CollectGarbage.class).pinned()).doesNotContain(v2.artifact());
    }

    @Test
    void a_shadow_that_becomes_the_slot_s_own_model_is_over() {
        shadowOf(v2);
        DesiredSlot.Builder both = play.fleet.offer(v2);
        both.setShadow(play.fleet.beside(wanted, v2, 0.5).getShadow().toBuilder()
                .setAttemptId(attempt().toBytes()));

        play.desire(both);

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(shadow().install().reason()).isEqualTo("became-active");
        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
    }

    @Test
    void a_slot_that_is_emptied_has_no_shadow() {
        shadowOf(v2);

        play.desire(DesiredSlot.newBuilder().setSlot("vad").setEmpty(true));

        assertThat(play.all(Action.StopShadow.class)).hasSize(1);
        assertThat(play.last(Action.Report.class).reported().getSlots(0).hasShadow())
                .isFalse();
    }

    @Test
    void another_install_goes_on_beside_the_shadow() {
        shadowOf(v2);
        DesiredSlot.Builder both = play.fleet
                .offer(v3)
                .setShadow(play.fleet.beside(wanted, v2, 0.5).getShadow().toBuilder()
                        .setAttemptId(attempt().toBytes()));

        play.desire(both);

        assertThat(play.active()).isEqualTo(v3.artifact());
        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
        assertThat(play.all(Action.StopShadow.class)).isEmpty();
    }

    // ---- power cuts

    @Test
    void after_a_power_cut_the_slot_s_model_starts_first_and_the_shadow_resumes() {
        bounded(shadow -> shadow.setMaxInputs(1000));
        served(61, 400);
        int before = play.log.size();

        play.restart();

        int model = play.log.lastIndexOf(play.last(Action.StartModel.class));
        int shadow = play.log.lastIndexOf(play.last(Action.StartShadow.class));
        assertThat(before).isLessThanOrEqualTo(model);
        assertThat(model).isLessThan(shadow);
        assertThat(shadow().install().served().inferences()).isEqualTo(400);
    }

    @Test
    void a_shadow_that_takes_the_board_down_each_time_is_given_up() {
        shadowOf(v2);
        for (int i = 0; i < Starts.MAX_SINCE_MINUTE; i++) {
            play.serve(60, 0).restart();
        }

        assertThat(shadow().install().reason()).isEqualTo("shadow-interrupted");
        assertThat(play.all(Action.StartShadow.class)).hasSize(Starts.MAX_SINCE_MINUTE);
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
    }

    @Test
    void a_power_cut_while_it_is_fetched_begins_it_again() {
        play.hold(Action.SendNeed.class);
        shadowOf(v2);
        play.release(Action.SendNeed.class);

        play.restart();

        assertThat(shadow().install().phase()).isEqualTo(Phase.SHADOWING);
        assertThat(shadow().serving()).isEqualTo(Serving.RUNNING);
    }
}
