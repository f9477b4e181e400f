package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Heads, floors and roots: what is wrong with them stops new installs, and nothing else. */
class MetadataTest {
    private final Play play = new Play().connect();
    private final Published v1 = play.fleet.securityVersion(1).publish("1.0.0", 100_000);
    private final Published v2 = play.fleet.securityVersion(2).publish("2.0.0", 110_000);

    @BeforeEach
    void v1_runs() {
        play.on(new Event.RootHeld(1, SmallFleet.ISSUED.minus(Duration.ofDays(1)), Set.of()));
        play.run(v1);
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
    }

    private void v1_still_runs() {
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.all(Action.StopModel.class)).isEmpty();
    }

    private void desire(BlobRef heads, DesiredSlot.Builder slot) {
        Desired desired = play.fleet.desired(slot).toBuilder().setHeads(heads).build();
        play.on(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));
    }

    private void refused(String reason, String eventCode) {
        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo(reason);
        assertThat(play.events()).contains(eventCode);
        assertThat(play.all(Action.Raise.class))
                .anyMatch(raise -> raise.event().getCode().equals(eventCode)
                        && raise.event().getSeverity() == Severity.SECURITY);
        assertThat(play.all(Action.WriteChunk.class)).hasSize(v1.chunks().count());
        v1_still_runs();
    }

    // ---- heads

    @Test
    void heads_signed_with_a_wrong_key_are_refused() {
        desire(play.fleet.heads(50, SigningKey.generate(), Duration.ofDays(7)), play.fleet.offer(v2));

        refused("heads-refused", "heads-refused");
        assertThat(play.install().detail()).startsWith("threshold-not-met: ");
    }

    @Test
    void old_heads_replayed_are_refused() {
        BlobRef old = play.fleet.heads();
        play.desire(play.fleet.offer(v1));
        desire(old, play.fleet.offer(v2));

        refused("heads-refused", "heads-refused");
        assertThat(play.install().detail()).startsWith("old-version: ");
    }

    @Test
    void equal_heads_version_with_other_bytes_is_refused() {
        long version =
                java.util.Objects.requireNonNull(play.state.trust().heads()).version();
        desire(play.fleet.heads(version, play.fleet.keys().heads(), Duration.ofDays(6)), play.fleet.offer(v2));

        refused("heads-refused", "heads-refused");
        assertThat(play.install().detail()).startsWith("same-version-other-content: ");
    }

    @Test
    void a_release_not_in_heads_is_refused() {
        play.fleet.retire(v2);

        play.desire(play.fleet.offer(v2));

        refused("not-in-heads", "release-refused");
    }

    @Test
    void a_document_without_heads_installs_nothing() {
        Desired desired = play.fleet.desired(play.fleet.offer(v2)).toBuilder()
                .clearHeads()
                .build();

        play.on(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));

        assertThat(play.reason()).isEqualTo("no-heads");
        v1_still_runs();
    }

    @Test
    void expired_heads_stop_new_installs_only_and_fresh_ones_let_the_same_attempt_go_on() {
        play.wait(Duration.ofDays(2));
        play.clockSynchronised = true;
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        desire(play.fleet.heads(50, play.fleet.keys().heads(), Duration.ofDays(1)), offer);

        assertThat(play.phase()).isEqualTo(Phase.ACCEPTED);
        assertThat(play.events()).containsOnlyOnce("stale-metadata");
        assertThat(play.last(Action.Report.class)
                        .reported()
                        .getSlots(0)
                        .getAttempt()
                        .getReason())
                .isEqualTo("stale-metadata");
        v1_still_runs();
        play.serve(60, 100).restart().serve(60, 100);
        v1_still_runs();

        desire(play.fleet.heads(51, play.fleet.keys().heads(), Duration.ofDays(7)), offer);

        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void heads_that_ended_while_the_device_was_offline_do_not_stop_what_is_held_and_verified() {
        play.keepsModels = true;
        play.hold(Action.RunTrial.class).desire(play.fleet.offer(v2));
        assertThat(play.phase()).isEqualTo(Phase.VERIFIED);
        play.wait(Duration.ofDays(30));
        play.clockSynchronised = true;

        play.release(Action.RunTrial.class).restart();

        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void a_clock_at_2099_that_nobody_keeps_right_makes_nothing_stale_and_does_not_stick() {
        play.wall = Instant.parse("2099-01-01T00:00:00Z");

        play.desire(play.fleet.offer(v2));

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.state.trustedTime(new Moment(Duration.ZERO, Instant.EPOCH, true)))
                .isBefore(SmallFleet.ISSUED.plus(Duration.ofDays(1)));
    }

    @Test
    void a_synchronised_clock_at_2099_stops_new_installs_and_is_forgotten_when_it_is_right_again() {
        play.wall = Instant.parse("2099-01-01T00:00:00Z");
        play.clockSynchronised = true;
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        play.desire(offer);
        assertThat(play.events()).contains("stale-metadata");
        v1_still_runs();

        play.wall = SmallFleet.ISSUED;
        play.desire(offer);

        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void metadata_that_is_not_on_the_disk_is_fetched_in_chunks_and_a_wrong_whole_is_refused() {
        play.hold(Action.FindMetadata.class).hold(Action.SendNeed.class).desire(play.fleet.offer(v2));
        BlobRef heads = play.last(Action.FindMetadata.class).blob();
        Digest digest = Digest.fromBytes(heads.getSha256());
        play.on(new Event.MetadataAbsent(heads));
        assertThat(play.last(Action.SendNeed.class).need().getBlobSha256()).isEqualTo(heads.getSha256());

        play.on(new Event.ChunkArrived(Play.spoiled(play.fleet.chunk(digest, 0))));
        assertThat(play.events()).contains("blob-refused");
        play.release(Action.SendNeed.class).wait(Duration.ofSeconds(4)).on(new Event.MetadataTimeout(digest));

        assertThat(play.active()).isEqualTo(v2.artifact());
        assertThat(play.all(Action.StoreBlob.class))
                .anyMatch(stored -> stored.blob().equals(digest));
    }

    // ---- floors

    @Test
    void a_release_under_the_floor_is_refused() {
        play.run(v2);
        play.fleet.floor(2);
        Published old = play.fleet.securityVersion(1).publish("1.5.0", 90_000);

        play.desire(play.fleet.offer(old));

        assertThat(play.reason()).isEqualTo("below-floor");
        assertThat(play.events()).contains("release-refused");
        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void an_ordered_way_back_under_the_floor_is_refused() {
        play.run(v2);
        play.fleet.floor(2);

        play.desire(play.back(v1));

        assertThat(play.phase()).isEqualTo(Phase.REJECTED);
        assertThat(play.reason()).isEqualTo("below-floor");
        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void an_ordered_way_back_is_not_stopped_by_stale_metadata() {
        play.run(v2);
        play.fleet.floor(1);
        play.wait(Duration.ofDays(2));
        play.clockSynchronised = true;

        desire(play.fleet.heads(50, play.fleet.keys().heads(), Duration.ofDays(1)), play.back(v1));

        assertThat(play.events()).contains("stale-metadata");
        v1_still_runs();
    }

    @Test
    void the_devices_own_fall_back_is_exempt_until_the_new_model_is_confirmed() {
        play.fleet.floor(2);
        play.desire(play.fleet.offer(v2));
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);

        for (int i = 0; i < 10 && play.active().equals(v2.artifact()); i++) {
            play.crash();
            play.on(new Event.RestartDue(VAD));
        }

        v1_still_runs();
        play.restart();
        v1_still_runs();
    }

    @Test
    void after_that_nothing_under_the_floor_is_started_and_the_slot_says_so() {
        play.run(v2);
        play.fleet.floor(2);
        play.desire(play.fleet.offer(v2));

        for (int i = 0; i < 30 && play.slot().active() != null; i++) {
            play.crash();
            play.on(new Event.RestartDue(VAD));
        }

        assertThat(play.slot().active()).isNull();
        assertThat(play.events()).contains("below-floor");
        assertThat(play.all(Action.StopModel.class)).isNotEmpty();
    }

    @Test
    void a_raised_floor_does_not_stop_the_model_that_runs() {
        play.fleet.floor(2);
        play.desire(play.fleet.offer(v1));

        assertThat(play.state.trust().floors()).containsKey("vad");
        assertThat(play.active()).isEqualTo(v1.artifact());
        play.restart();
        assertThat(play.active()).isEqualTo(v1.artifact());
    }

    @Test
    void floors_that_heads_list_and_the_document_keeps_back_are_missed() {
        play.fleet.floor(2);
        Desired desired = play.fleet.desired(play.fleet.offer(v2)).toBuilder()
                .clearFloors()
                .build();

        play.on(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));

        refused("floors-missing", "floors-refused");
    }

    @Test
    void floors_survive_a_restart() {
        play.fleet.floor(2);
        play.run(v2);

        play.restart();

        assertThat(play.state.trust().floorOf("vad")).isEqualTo(2);
    }

    // ---- the root

    @Test
    void a_step_with_other_director_and_heads_keys_forgets_their_numbers_and_times() {
        play.on(new Event.RootHeld(2, SmallFleet.ISSUED, Set.of(RoleName.DIRECTOR, RoleName.HEADS)));

        assertThat(play.state.desiredSeq()).isZero();
        assertThat(play.state.trust().heads()).isNull();
        assertThat(play.state.trust().rootVersion()).isEqualTo(2);
        assertThat(play.events()).contains("root-stepped");
        v1_still_runs();
    }

    @Test
    void a_step_that_keeps_their_keys_keeps_what_they_said() {
        long seq = play.state.desiredSeq();

        play.on(new Event.RootHeld(2, SmallFleet.ISSUED, Set.of(RoleName.ROOT)));

        assertThat(play.state.desiredSeq()).isEqualTo(seq);
        assertThat(play.state.trust().heads()).isNotNull();
    }
}
