package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Severity;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever is refused: the running model goes on, and the server hears why. */
class RefusalTest {
    private final Play play = new Play().connect();
    private final Published v1 = play.fleet.publish("1.0.0", 300_000);
    private final Published v2 = play.fleet.publish("2.0.0", 400_000);

    @BeforeEach
    void v1_runs() {
        play.run(v1);
    }

    private void v1_still_runs() {
        assertThat(play.active()).isEqualTo(v1.artifact());
        assertThat(play.slot().serving()).isEqualTo(Serving.RUNNING);
        assertThat(play.all(Action.StopModel.class)).isEmpty();
    }

    // ---- documents

    @Test
    void an_older_document_is_refused() {
        Desired old =
                play.fleet.desired(play.fleet.offer(v2)).toBuilder().setSeq(1).build();
        play.desire();

        play.on(new Event.DesiredVerified(old, Digest.of(old.toByteArray())));

        assertThat(play.events()).contains("desired-refused");
        assertThat(play.details()).anyMatch(detail -> detail.startsWith("old-seq: "));
        v1_still_runs();
    }

    @Test
    void the_same_number_with_other_bytes_is_refused() {
        Desired other = play.fleet.desired(play.fleet.offer(v2)).toBuilder()
                .setSeq(play.state.desiredSeq())
                .build();

        play.on(new Event.DesiredVerified(other, Digest.of(other.toByteArray())));

        assertThat(play.details()).anyMatch(detail -> detail.startsWith("same-seq-other-content: "));
        v1_still_runs();
    }

    @Test
    void a_refused_signature_is_a_security_event_and_nothing_else() {
        AgentState before = play.state;

        play.on(new Event.MessageRefused("desired-refused", "threshold-not-met", "1 of 1 keys, got 0"));

        Action.Raise raised = play.last(Action.Raise.class);
        assertThat(raised.event().getSeverity()).isEqualTo(Severity.SECURITY);
        assertThat(raised.event().getDetail()).isEqualTo("threshold-not-met: 1 of 1 keys, got 0");
        assertThat(play.state).isEqualTo(before);
    }

    @Test
    void an_expired_document_is_a_warning() {
        play.on(new Event.MessageRefused("desired-refused", "expired", "ended yesterday"));

        assertThat(play.last(Action.Raise.class).event().getSeverity()).isEqualTo(Severity.WARNING);
        v1_still_runs();
    }

    // ---- releases

    @Test
    void an_unsigned_release_is_refused() {
        play.hold(Action.VerifyRelease.class).desire(play.fleet.offer(v2));

        play.on(new Event.ReleaseRefused(VAD, play.attempt(), "threshold-not-met", "no key has signed"));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("release-refused");
        assertThat(play.events()).contains("release-refused", "install-failed");
        assertThat(play.state.penaltyBox()).isEmpty();
        v1_still_runs();
    }

    @Test
    void a_file_that_the_release_does_not_name_is_refused() {
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        offer.setRelease(Play.ref(v1.envelope()));

        play.desire(offer);

        assertThat(play.reason()).isEqualTo("variant-not-in-release");
        assertThat(play.all(Action.WriteChunk.class)).hasSize(v1.chunks().count());
        v1_still_runs();
    }

    @Test
    void a_release_that_comes_with_another_digest_is_fetched_again_and_then_given_up() {
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        play.hold(Action.SendNeed.class).desire(offer);
        Digest release = Digest.of(v2.envelope());
        Chunk wrong = Play.spoiled(play.fleet.chunk(release, 0));

        for (int i = 0; i < Arrivals.MAX_SPOILED; i++) {
            play.on(new Event.ChunkArrived(wrong));
        }

        assertThat(play.events()).contains("blob-refused");
        assertThat(play.reason()).isEqualTo("blob-refused");
        assertThat(play.all(Action.SendNeed.class).stream()
                        .filter(need -> need.need().getBlobSha256().equals(release.toBytes())))
                .hasSize(Arrivals.MAX_SPOILED);
        v1_still_runs();
    }

    // ---- limits

    private Published needing(UnaryOperator<Compatibility.Builder> needs) {
        return play.fleet.publish(
                "5.0.0",
                100_000,
                variant -> variant.setCompatibility(needs.apply(variant.getCompatibility().toBuilder())));
    }

    private void rejected_before_any_byte(String reason) {
        assertThat(play.phase()).isEqualTo(Phase.REJECTED);
        assertThat(play.reason()).isEqualTo(reason);
        assertThat(play.install().detail()).isNotBlank();
        assertThat(play.all(Action.WriteChunk.class)).hasSize(v1.chunks().count());
        v1_still_runs();
    }

    @Test
    void too_little_ram_is_said_in_megabytes() {
        play.limits = new DeviceLimits(27L << 20, 1L << 30, "linux-x86_64-glibc", Play.ROOMY.runtimes(), null);

        play.desire(play.fleet.offer(needing(needs -> needs.setRamPeakBytes(9L << 20))));

        rejected_before_any_byte("not-enough-ram");
        assertThat(play.install().detail()).isEqualTo("needs 41 MB RAM, 27 MB free");
    }

    @Test
    void too_little_flash() {
        play.limits = new DeviceLimits(1L << 30, 1L << 20, "linux-x86_64-glibc", Play.ROOMY.runtimes(), null);
        play.desire(play.fleet.offer(v2));
        rejected_before_any_byte("not-enough-flash");
    }

    @Test
    void a_runtime_that_is_not_here() {
        play.desire(play.fleet.offer(needing(needs -> needs.setRuntime("tflite"))));
        rejected_before_any_byte("no-runtime");
    }

    @Test
    void a_runtime_that_is_too_old() {
        play.desire(play.fleet.offer(needing(needs -> needs.setMinRuntime("1.24"))));
        rejected_before_any_byte("runtime-too-old");
    }

    @Test
    void another_machine_s_abi() {
        play.desire(play.fleet.offer(needing(needs -> needs.addAbi("linux-aarch64-glibc"))));
        rejected_before_any_byte("wrong-abi");
    }

    @Test
    void an_accelerator_that_is_not_here() {
        play.desire(play.fleet.offer(needing(needs -> needs.addAccelerators("cuda"))));
        rejected_before_any_byte("no-accelerator");
    }

    @Test
    void an_input_that_cannot_feed_the_model() {
        play.limits = new DeviceLimits(
                1L << 30, 1L << 30, "linux-x86_64-glibc", Play.ROOMY.runtimes(), "the source has 8000 Hz");
        play.desire(play.fleet.offer(v2));
        rejected_before_any_byte("input-misfit");
    }

    @Test
    void an_encoding_that_this_agent_cannot_read() {
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        offer.setEncodings(0, offer.getEncodings(0).toBuilder().setKind(EncodingKind.TD1));
        play.desire(offer);
        rejected_before_any_byte("no-usable-encoding");
    }

    @Test
    void a_size_that_release_and_offer_do_not_agree_on() {
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        Encoding.Builder encoding = offer.getEncodings(0).toBuilder();
        offer.setEncodings(0, encoding.setBlob(encoding.getBlob().toBuilder().setSize(399_999)));
        play.desire(offer);
        rejected_before_any_byte("size-mismatch");
    }

    // ---- chunks

    private Digest model_of_v2_is_being_fetched() {
        play.hold(Action.FindModel.class).desire(play.fleet.offer(v2));
        Action.FindModel find = play.last(Action.FindModel.class);
        play.hold(Action.SendNeed.class).on(play.scanned(find, Chunks.NONE));
        return v2.artifact();
    }

    private void chunk_refused(Chunk chunk, String why) {
        int writes = play.all(Action.WriteChunk.class).size();

        play.on(new Event.ChunkArrived(chunk));

        Action.Raise raised = play.last(Action.Raise.class);
        assertThat(raised.event().getCode()).isEqualTo("chunk-refused");
        assertThat(raised.event().getSeverity()).isEqualTo(Severity.SECURITY);
        assertThat(raised.event().getDetail()).startsWith(why);
        assertThat(play.all(Action.WriteChunk.class)).hasSize(writes);
        assertThat(play.install().counters().chunksRefused()).isEqualTo(1);
        v1_still_runs();
    }

    @Test
    void a_chunk_with_a_wrong_hash() {
        Digest blob = model_of_v2_is_being_fetched();
        chunk_refused(Play.spoiled(play.fleet.chunk(blob, 3)), "wrong-hash");
    }

    @Test
    void a_chunk_under_another_chunk_s_index() {
        Digest blob = model_of_v2_is_being_fetched();
        chunk_refused(play.fleet.chunk(blob, 3).toBuilder().setIndex(4).build(), "wrong-hash");
    }

    @Test
    void a_chunk_beyond_the_end() {
        Digest blob = model_of_v2_is_being_fetched();
        chunk_refused(play.fleet.chunk(blob, 3).toBuilder().setIndex(9).build(), "wrong-index");
    }

    @Test
    void a_chunk_with_an_index_that_looks_negative() {
        Digest blob = model_of_v2_is_being_fetched();
        chunk_refused(play.fleet.chunk(blob, 3).toBuilder().setIndex(-1).build(), "wrong-index");
    }

    @Test
    void a_chunk_that_is_too_short() {
        Digest blob = model_of_v2_is_being_fetched();
        Chunk chunk = play.fleet.chunk(blob, 3);
        ByteString cut = chunk.getData().substring(0, chunk.getData().size() - 1);
        chunk_refused(chunk.toBuilder().setData(cut).build(), "wrong-length");
    }

    @Test
    void a_chunk_of_a_blob_with_another_size() {
        Digest blob = model_of_v2_is_being_fetched();
        chunk_refused(play.fleet.chunk(blob, 3).toBuilder().setBlobSize(1).build(), "wrong-size");
    }

    @Test
    void a_chunk_of_a_blob_that_nobody_asked_for_is_dropped_quietly() {
        model_of_v2_is_being_fetched();
        int before = play.log.size();

        play.on(new Event.ChunkArrived(play.fleet.chunk(v1.artifact(), 0)));

        assertThat(play.log).hasSize(before);
    }

    @Test
    void the_same_chunk_twice_is_written_once() {
        Digest blob = model_of_v2_is_being_fetched();
        int before = play.all(Action.WriteChunk.class).size();

        play.on(new Event.ChunkArrived(play.fleet.chunk(blob, 2)));
        play.on(new Event.ChunkArrived(play.fleet.chunk(blob, 2)));

        assertThat(play.all(Action.WriteChunk.class)).hasSize(before + 1);
        assertThat(play.install().counters().chunksRepeated()).isZero();
    }

    @Test
    void a_download_that_gets_only_bad_chunks_is_given_up() {
        Digest blob = model_of_v2_is_being_fetched();
        for (int i = 0; i < Arrivals.MAX_REFUSED_CHUNKS; i++) {
            play.on(new Event.ChunkArrived(Play.spoiled(play.fleet.chunk(blob, 3))));
        }

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("chunks-refused");
        assertThat(play.state.penaltyBox()).isEmpty();
        v1_still_runs();
    }

    @Test
    void a_blob_that_the_server_does_not_have_is_given_up() {
        Digest blob = model_of_v2_is_being_fetched();
        Chunk refusal = Chunk.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setRefusal("no such blob")
                .build();
        for (int i = 0; i < Arrivals.MAX_REFUSALS; i++) {
            play.on(new Event.ChunkArrived(refusal));
        }

        assertThat(play.reason()).isEqualTo("blob-unavailable");
        v1_still_runs();
    }

    @Test
    void a_whole_with_a_wrong_hash_is_not_installed() {
        play.hold(Action.AssembleModel.class).desire(play.fleet.offer(v2));

        play.on(new Event.ModelRefused(VAD, play.attempt(), "wrong-digest", "not what was asked for"));

        assertThat(play.reason()).isEqualTo("wrong-digest");
        v1_still_runs();
    }

    @Test
    void a_full_disk_fails_the_attempt_and_not_the_model() {
        play.hold(Action.WriteChunk.class).hold(Action.AssembleModel.class).desire(play.fleet.offer(v2));

        play.on(new Event.ModelRefused(VAD, play.attempt(), "disk-failed", "No space left on device"));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("disk-failed");
        assertThat(play.state.penaltyBox()).isEmpty();
        v1_still_runs();
    }

    @Test
    void a_chunk_list_of_the_wrong_length_is_refused() {
        DesiredSlot.Builder offer = play.fleet.offer(v2);
        Encoding.Builder encoding = offer.getEncodings(0).toBuilder();
        offer.setEncodings(0, encoding.setChunkList(Play.ref(v1.chunks().toByteArray())));

        play.desire(offer);

        assertThat(play.reason()).isEqualTo("bad-chunk-list");
        v1_still_runs();
    }

    // ---- trials

    @Test
    void a_failed_self_test_leaves_the_running_model_alone() {
        play.trial = new TrialOutcome.Failed("self-test-failed", "expected 0.91, got 0.12", true);

        play.desire(play.fleet.offer(v2));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("self-test-failed");
        assertThat(play.all(Action.StartModel.class)).hasSize(1);
        assertThat(play.state.penaltyBox()).containsExactly(v2.artifact());
        v1_still_runs();
    }

    @Test
    void what_failed_here_is_not_tried_again_until_an_offer_says_retry() {
        play.trial = new TrialOutcome.Failed("worker-crashed", "SIGSEGV at load", true);
        play.desire(play.fleet.offer(v2));
        play.trial = new TrialOutcome.Passed(1, 1, 1);

        play.desire(play.fleet.offer(v2));
        assertThat(play.phase()).isEqualTo(Phase.REJECTED);
        assertThat(play.reason()).isEqualTo("penalty-box");

        play.desire(play.fleet.offer(v2).setRetry(true)).serve(60, 100);
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        assertThat(play.state.penaltyBox()).isEmpty();
    }

    @Test
    void the_running_file_under_a_release_whose_self_test_it_fails_is_refused_and_runs_on() {
        Published v1again = play.fleet.publishAgain(v1, "1.0.1", play.fleet.selfTest(new byte[] {1, 2, 3}));
        play.trial = new TrialOutcome.Failed("self-test-failed", "expected 0.05, got 0.91", true);

        play.desire(play.fleet.offer(v1again));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("self-test-failed");
        assertThat(play.running().version()).isEqualTo("1.0.0");
        assertThat(play.state.penaltyBox()).isEmpty();
        v1_still_runs();

        play.desire(play.back(v1));
        assertThat(play.phase()).isEqualTo(Phase.HEALTHY);
        v1_still_runs();
    }

    @Test
    void a_device_that_cannot_hold_a_trial_does_not_blame_the_model() {
        play.trial = new TrialOutcome.Failed("worker-unavailable", "no java command", false);

        play.desire(play.fleet.offer(v2));

        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.state.penaltyBox()).isEmpty();
        v1_still_runs();
    }

    @Test
    void a_trial_that_takes_the_board_down_every_time_ends() {
        play.hold(Action.RunTrial.class).desire(play.fleet.offer(v2));
        for (int i = 0; i < 10 && play.phase() == Phase.VERIFIED; i++) {
            play.hold(Action.FindModel.class).restart();
            play.on(new Event.ModelHeld(VAD, play.attempt(), Counters.NONE));
        }

        assertThat(play.reason()).isEqualTo("trial-interrupted");
        assertThat(play.all(Action.RunTrial.class)).hasSize(5); // one of v1, four of v2
        assertThat(play.state.penaltyBox()).containsExactly(v2.artifact());
    }

    @Test
    void a_held_file_that_the_disk_has_spoiled_is_fetched_again() {
        play.hold(Action.RunTrial.class).desire(play.fleet.offer(v2));
        play.release(Action.RunTrial.class);

        play.restart().serve(60, 100);

        assertThat(play.events()).contains("model-spoiled");
        assertThat(play.active()).isEqualTo(v2.artifact());
    }

    @Test
    void versions_are_compared_by_their_numbers() {
        assertThat(LimitCheck.compareVersions("1.23.2", "1.9")).isPositive();
        assertThat(LimitCheck.compareVersions("1.23", "1.23.0")).isZero();
        assertThat(LimitCheck.compareVersions("unknown", "1.0")).isNegative();
    }
}
