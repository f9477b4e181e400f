package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Probation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class InstallationTest {
    private final Play play = new Play().connect();
    private final Published v1 = play.fleet.publish("1.0.0", 300_000);
    private final Published v2 = play.fleet.publish("2.0.0", 400_000);

    @Test
    void an_offer_runs_through_all_phases_and_each_is_reported() {
        play.run(v1);

        assertThat(play.reported())
                .containsExactly(
                        Phase.ACCEPTED,
                        Phase.DOWNLOADING,
                        Phase.VERIFIED,
                        Phase.ACTIVATING,
                        Phase.PROBATION,
                        Phase.HEALTHY);
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.running().confirmed()).isTrue();
    }

    @Test
    void every_chunk_is_written_once_and_counted() {
        play.run(v2);

        assertThat(play.all(Action.WriteChunk.class)).hasSize(v2.chunks().count());
        assertThat(play.install().counters())
                .isEqualTo(new Counters(400_000, 400_000, v2.chunks().count(), 0, 0, 400_000, EncodingKind.IDENTITY));
    }

    @Test
    void no_more_chunks_are_on_their_way_than_the_window_allows() {
        play.hold(Action.SendNeed.class).desire(play.fleet.offer(v2));
        play.release(Action.SendNeed.class);
        Published big = play.fleet.publish("3.0.0", 40 * Limits.CHUNK_BYTES);
        play.run(big);

        for (Action.SendNeed need : play.all(Action.SendNeed.class)) {
            int asked = need.need().getRangesList().stream()
                    .mapToInt(range -> range.getCount())
                    .sum();
            assertThat(asked).isLessThanOrEqualTo(Limits.MAX_NEED_WINDOW);
        }
    }

    @Test
    void the_next_model_keeps_the_confirmed_one_as_the_way_back() {
        play.run(v1).run(v2);

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.wayBack().artifact()).isEqualTo(v1.artifact());
        assertThat(play.last(Action.CollectGarbage.class).pinned()).contains(v1.artifact(), v2.artifact());
    }

    @Test
    void only_two_models_stay_pinned() {
        Published v3 = play.fleet.publish("3.0.0", 100_000);
        play.run(v1).run(v2).run(v3);

        assertThat(play.last(Action.CollectGarbage.class).pinned())
                .contains(v2.artifact(), v3.artifact())
                .doesNotContain(v1.artifact());
    }

    @Test
    void the_same_attempt_signed_again_asks_for_nothing() {
        DesiredSlot.Builder offer = play.fleet.offer(v1);
        play.desire(offer).serve(60, 100);
        int before = play.log.size();

        play.desire(offer);

        assertThat(play.log.subList(before, play.log.size()))
                .allMatch(action -> action instanceof Action.Report
                        || action instanceof Action.CollectGarbage
                        || action instanceof Action.FindMetadata
                        || action instanceof Action.VerifyHeads);
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.state.desiredSeq()).isEqualTo(2);
    }

    @Test
    void the_running_file_under_another_release_is_tried_and_proved_again_without_a_download() {
        play.keepsModels = true;
        play.run(v1);
        Published again = play.fleet.publishAgain(v1, "1.0.1", play.fleet.selfTest(new byte[] {1, 2, 3}));
        int writes = play.all(Action.WriteChunk.class).size();

        play.desire(play.fleet.offer(again));
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        play.serve(60, 100);

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.running().version()).isEqualTo("1.0.1");
        assertThat(play.all(Action.RunTrial.class)).hasSize(2);
        assertThat(play.all(Action.WriteChunk.class)).hasSize(writes);
    }

    @Test
    void a_new_attempt_for_the_running_release_needs_no_second_trial() {
        play.run(v1);

        play.desire(play.fleet.offer(v1));

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.all(Action.RunTrial.class)).hasSize(1);
    }

    @Test
    void a_new_attempt_for_the_running_confirmed_model_is_healthy_at_once() {
        play.run(v1);
        int writes = play.all(Action.WriteChunk.class).size();

        play.desire(play.fleet.offer(v1).setReason(DesiredReason.WITHDRAWN));

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.all(Action.WriteChunk.class)).hasSize(writes);
        assertThat(play.all(Action.StartModel.class)).hasSize(1);
    }

    @Test
    void a_newer_offer_replaces_a_download_under_way() {
        play.hold(Action.SendNeed.class).desire(play.fleet.offer(v1));
        play.release(Action.SendNeed.class);

        play.run(v2);

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.last(Action.CollectGarbage.class).pinned()).doesNotContain(v1.artifact());
    }

    @Test
    void the_late_trial_of_a_replaced_offer_changes_nothing() {
        play.hold(Action.RunTrial.class).desire(play.fleet.offer(v1));
        var old = play.attempt();
        play.hold(Action.SendNeed.class).desire(play.fleet.offer(v2));

        play.on(new Event.TrialEnded(VAD, old, new TrialOutcome.Passed(1, 1, 1)));

        assertThat(play.phase()).isEqualTo(Phase.ACCEPTED);
        assertThat(play.slot().active()).isNull();
    }

    @Test
    void the_way_back_to_the_held_model_needs_neither_bytes_nor_trial() {
        play.run(v1).run(v2);
        int before = play.log.size();

        play.desire(play.back(v1));

        assertThat(play.log.subList(before, play.log.size()))
                .noneMatch(action -> action instanceof Action.SendNeed || action instanceof Action.RunTrial);
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.wayBack().artifact()).isEqualTo(v2.artifact());
    }

    @Test
    void the_way_back_ordered_in_probation_leaves_the_unproven_model_behind() {
        play.run(v1).desire(play.fleet.offer(v2)).serve(5, 5);

        play.desire(play.back(v1));

        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.slot().previous()).isNull();
    }

    @Test
    void an_empty_slot_stops_its_model_and_keeps_it_as_the_way_back() {
        play.run(v1);

        play.desire(DesiredSlot.newBuilder().setSlot("vad").setEmpty(true));

        assertThat(play.all(Action.StopModel.class)).hasSize(1);
        assertThat(play.slot().active()).isNull();
        assertThat(play.wayBack().artifact()).isEqualTo(v1.artifact());
    }

    @Test
    void a_slot_that_the_document_does_not_name_goes_on() {
        play.run(v1);

        play.desire(play.fleet.offer(v2).setSlot("other"));

        assertThat(play.active()).isEqualTo(v1.artifact());
    }

    @Test
    void a_file_of_one_chunk_needs_no_chunk_list() {
        Published tiny = play.fleet.publish("0.1.0", 1000);
        DesiredSlot.Builder offer = play.fleet.offer(tiny);
        offer.setEncodings(0, offer.getEncodings(0).toBuilder().clearChunkList());

        play.desire(offer).serve(60, 100);

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void self_test_vectors_are_fetched_before_the_trial_and_named_to_it() {
        byte[] vectors = new byte[100_000];
        Published tested = play.fleet.publish("4.0.0", 60_000, play.fleet.selfTest(vectors));

        play.run(tested);

        assertThat(play.last(Action.RunTrial.class).selfTest()).isEqualTo(Digest.of(vectors));
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void two_slots_that_want_one_file_fetch_it_once() {
        play.keepsModels = true;

        play.desire(play.fleet.offer(v2), play.fleet.offer(v2).setSlot("second"));

        assertThat(play.all(Action.WriteChunk.class)).hasSize(v2.chunks().count());
        assertThat(play.state.slots().values())
                .extracting(slot -> slot.install().phase())
                .containsExactly(Phase.PROBATION, Phase.PROBATION);
    }

    @Test
    void a_slot_that_waits_for_another_s_download_takes_over_when_that_is_replaced() {
        play.hold(Action.FindModel.class)
                .desire(play.fleet.offer(v2), play.fleet.offer(v2).setSlot("second"));

        play.release(Action.FindModel.class).desire(play.fleet.offer(v1).setSlot("second"));

        assertThat(play.state.slots().values())
                .extracting(slot -> slot.install().phase())
                .containsExactly(Phase.PROBATION, Phase.PROBATION);
    }

    @Test
    void a_probation_of_nothing_ends_with_the_first_second() {
        play.desire(play.fleet.offer(v1).setProbation(Probation.getDefaultInstance()))
                .serve(1, 0);

        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    @Test
    void too_few_inferences_at_the_deadline_mean_idle_and_the_model_goes_on() {
        play.desire(play.fleet.offer(v1));
        for (int i = 0; i < 600; i++) {
            play.serve(1, 0);
        }

        assertThat(play.phase()).isEqualTo(Phase.IDLE);
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.running().confirmed()).isFalse();
        assertThat(play.events()).contains("install-idle").doesNotContain("install-healthy");
    }

    @Test
    void probation_goes_on_from_the_last_stored_minute_after_a_restart() {
        play.desire(play.fleet
                .offer(v1)
                .setProbation(Probation.newBuilder().setRunningSeconds(300).setMinInferences(10)));
        for (int i = 0; i < 150; i++) {
            play.serve(1, 1);
        }

        play.restart();

        assertThat(play.install().served()).isEqualTo(new Served(120_000, 120));
    }

    @Test
    void a_clean_stop_stores_the_seconds_too() {
        play.desire(play.fleet.offer(v1))
                .serve(30, 30)
                .on(new Event.StopAsked())
                .restart();

        assertThat(play.install().served()).isEqualTo(new Served(30_000, 30));
    }

    @Test
    void connecting_reports_everything() {
        play.run(v1);
        int before = play.all(Action.Report.class).size();

        play.on(new Event.Disconnected()).connect();

        assertThat(play.all(Action.Report.class)).hasSize(before + 1);
    }

    @Test
    void silence_is_asked_again_and_each_time_more_patiently() {
        play.hold(Action.SendNeed.class).desire(play.fleet.offer(v1));
        Duration first = play.last(Action.StartTimer.class).delay();

        play.wait(first).on(new Event.NeedTimeout(VAD));
        Duration second = play.last(Action.StartTimer.class).delay();

        assertThat(play.all(Action.SendNeed.class)).hasSize(2);
        assertThat(first)
                .isBetween(
                        Way.OWN.patience(), Way.OWN.patience().multipliedBy(5).dividedBy(4));
        assertThat(second)
                .isBetween(
                        Way.OWN.patience().multipliedBy(2),
                        Way.OWN.patience().multipliedBy(5).dividedBy(2));
    }

    @Test
    void without_a_connection_nothing_is_asked_and_with_it_at_once() {
        play.hold(Action.SendNeed.class).on(new Event.Disconnected()).desire(play.fleet.offer(v1));
        assertThat(play.all(Action.SendNeed.class)).isEmpty();

        play.connect();

        assertThat(play.all(Action.SendNeed.class)).hasSize(1);
    }

    @Test
    void a_restart_in_the_download_asks_only_for_what_the_disk_does_not_hold() {
        play.hold(Action.FindModel.class).desire(play.fleet.offer(v2));
        play.restart();
        Action.FindModel find = play.last(Action.FindModel.class);
        Chunks held = Chunks.NONE.with(0).with(1).with(4);

        play.on(play.scanned(find, held));

        assertThat(play.all(Action.WriteChunk.class))
                .extracting(Action.WriteChunk::index)
                .doesNotContain(0, 1, 4)
                .hasSize(v2.chunks().count() - 3);
        assertThat(play.install().counters().chunksWritten())
                .isEqualTo(v2.chunks().count());
        assertThat(play.install().counters().chunksRepeated()).isZero();
    }

    @Test
    void a_chunk_that_the_disk_has_lost_is_fetched_again_and_counted_as_repeated() {
        play.hold(Action.FindModel.class).desire(play.fleet.offer(v2));
        Action.FindModel find = play.last(Action.FindModel.class);
        Event.PartScanned whole = play.scanned(find, Chunks.NONE.with(0).with(1));

        play.on(new Event.PartScanned(
                VAD, find.attempt(), find.chunkList(), Chunks.NONE.with(0), whole.before(), whole.counters()));

        assertThat(play.install().counters().chunksRepeated()).isEqualTo(1);
    }

    @Test
    void a_clock_in_1970_or_2099_that_nobody_keeps_right_installs_all_the_same() {
        for (String wall : List.of("1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z")) {
            Play other = new Play().connect();
            other.wall = Instant.parse(wall);

            other.run(other.fleet.publish("1.0.0", 200_000));

            assertThat(other.phase()).as(wall).isEqualTo(Phase.HEALTHY);
            assertThat(other.state.signedTime())
                    .as("only signed times are stored")
                    .isBefore(Instant.parse("2027-01-01T00:00:00Z"));
        }
    }

    @Test
    void garbage_that_is_collected_while_another_slot_plans_takes_nothing_that_it_needs() {
        for (Class<? extends Action> stage : List.of(
                Action.MeasureLimits.class,
                Action.FindModel.class,
                Action.AssembleModel.class,
                Action.RunTrial.class)) {
            Play other = new Play().connect();
            Published wanted = other.fleet.publish("3.0.0", 200_000, other.fleet.selfTest(new byte[100]));
            DesiredSlot.Builder first = other.fleet.offer(wanted);
            other.hold(stage).desire(first);

            other.desire(
                    first,
                    other.fleet.offer(other.fleet.publish("9.0.0", 60_000)).setSlot("door"));

            assertThat(other.last(Action.CollectGarbage.class).pinned())
                    .as("held at " + stage.getSimpleName())
                    .contains(wanted.artifact(), Digest.of(wanted.envelope()));
            if (stage == Action.RunTrial.class) {
                assertThat(other.last(Action.CollectGarbage.class).pinned())
                        .contains(
                                Digest.fromBytes(wanted.variant().getSelfTest().getVectorsSha256()));
            }
        }
    }

    @Test
    void flash_that_one_slot_was_promised_is_not_given_to_another() {
        play.limits = new DeviceLimits(
                1L << 30, LimitCheck.FLASH_HEADROOM_BYTES + 900_000, "linux-x86_64-glibc", Play.ROOMY.runtimes(), null);
        Published first = play.fleet.publish("1.0.0", 600_000);
        Published second = play.fleet.publish("2.0.0", 600_000);
        play.hold(Action.FindModel.class);

        play.desire(play.fleet.offer(first), play.fleet.offer(second).setSlot("door"));

        assertThat(play.phase()).isIn(Phase.DOWNLOADING, Phase.REJECTED);
        assertThat(play.state.slots().values().stream()
                        .map(slot -> slot.install().reason()))
                .containsExactlyInAnyOrder("", "not-enough-flash");
    }

    @Test
    void a_disk_that_takes_no_state_starts_what_is_trusted_without_counting_and_says_so() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.run(v1).desire(play.fleet.offer(play.fleet.publish("2.0.0", 100_000)));
        AgentState stored = play.state.durable();
        play.state = stored;

        play.on(new Event.DiskRefused("disk-read-only", "the disk takes no writes"));

        assertThat(play.last(Action.StartModel.class).artifact().artifact())
                .as("the one on probation might take the board down")
                .isEqualTo(v1.artifact());
        assertThat(play.events()).contains("disk-read-only");
        assertThat(play.state.durable()).isEqualTo(stored);
    }
}
