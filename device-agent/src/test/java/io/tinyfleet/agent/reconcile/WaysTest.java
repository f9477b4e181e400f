package io.tinyfleet.agent.reconcile;

import static io.tinyfleet.agent.reconcile.Play.VAD;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways in which a model's bytes come, what moves a device from one to another, and what goes wrong on them. */
class WaysTest {
    private static final int CHUNKS = 40;
    private static final int LARGE = 40 * 1024 * 1024;

    private final Play play = new Play().connect();
    private final Published model = play.fleet.publish("1.0.0", CHUNKS * Limits.CHUNK_BYTES - 5);

    private DesiredSlot.Builder shared(Published published) {
        DesiredSlot.Builder offer = play.fleet.offer(published);
        return offer.setEncodings(0, offer.getEncodings(0).toBuilder().setSharedOffered(true));
    }

    /** The offer, up to the first question about the model's own bytes. */
    private void offerAndHoldBytes(DesiredSlot.Builder offer) {
        play.hold(Action.FindModel.class);
        document(offer);
        play.release(Action.FindModel.class).hold(Action.SendNeed.class).hold(Action.FetchByLink.class);
        play.on(play.scanned(play.last(Action.FindModel.class), Chunks.NONE));
    }

    private Need lastNeed() {
        return play.last(Action.SendNeed.class).need();
    }

    private Way way() {
        return play.slot().work().findFetch().orElseThrow().transport().way();
    }

    private void silence() {
        Duration delay = play.last(Action.StartTimer.class).delay();
        play.wait(delay).on(new Event.NeedTimeout(VAD));
    }

    private void chunk(int index, Way way) {
        play.on(new Event.ChunkArrived(play.fleet.chunk(model.artifact(), index), way));
    }

    // ---- shared

    @Test
    void a_large_blob_on_offer_to_all_is_taken_from_the_shared_topic() {
        play.desire(shared(model));

        assertThat(play.all(Action.JoinShared.class)).containsExactly(new Action.JoinShared(model.artifact()));
        assertThat(play.all(Action.LeaveShared.class)).containsExactly(new Action.LeaveShared(model.artifact()));
        assertThat(play.askedChunks(model)).isEqualTo(CHUNKS);
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void the_need_goes_out_only_after_the_subscription_is_granted() {
        play.hold(Action.JoinShared.class);

        offerAndHoldBytes(shared(model));
        assertThat(play.askedChunks(model)).isZero();
        play.on(new Event.SharedJoined(model.artifact(), true));

        assertThat(lastNeed().getShared()).isTrue();
        assertThat(lastNeed().getRangesList())
                .containsExactly(ChunkRange.newBuilder().setCount(CHUNKS).build());
    }

    @Test
    void a_refused_subscription_leads_to_own_mode() {
        play.hold(Action.JoinShared.class);

        offerAndHoldBytes(shared(model));
        play.on(new Event.SharedJoined(model.artifact(), false));

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(lastNeed().getShared()).isFalse();
    }

    @Test
    void a_small_blob_and_one_that_is_half_there_come_in_own_mode() {
        Published small = play.fleet.publish("2.0.0", 400_000);
        play.desire(shared(small));
        assertThat(play.all(Action.JoinShared.class)).isEmpty();

        play.hold(Action.FindModel.class).desire(shared(model));
        Chunks half = Chunks.NONE;
        for (int i = 0; i < CHUNKS / 2; i++) {
            half = half.with(i);
        }
        play.on(play.scanned(play.last(Action.FindModel.class), half));

        assertThat(play.all(Action.JoinShared.class)).isEmpty();
        assertThat(play.askedChunks(model)).isEqualTo(CHUNKS / 2);
    }

    @Test
    void lost_chunks_are_asked_for_once_more_after_silence_as_ranges() {
        offerAndHoldBytes(shared(model));
        for (int i = 0; i < CHUNKS; i++) {
            if (i % 10 != 3) {
                chunk(i, Way.SHARED);
            }
        }
        int needs = play.all(Action.SendNeed.class).size();

        silence();

        assertThat(play.all(Action.SendNeed.class)).hasSize(needs + 1);
        assertThat(lastNeed().getShared()).isTrue();
        assertThat(lastNeed().getRangesList()).extracting(ChunkRange::getFirst).containsExactly(3, 13, 23, 33);
    }

    @Test
    void a_need_has_no_more_ranges_than_are_allowed() {
        Published large = play.fleet.publish("3.0.0", 200 * Limits.CHUNK_BYTES);
        play.hold(Action.FindModel.class).desire(shared(large));
        Chunks everyThird = Chunks.NONE;
        for (int i = 0; i < 200; i += 3) {
            everyThird = everyThird.with(i);
        }
        play.release(Action.FindModel.class).hold(Action.SendNeed.class);
        play.on(play.scanned(play.last(Action.FindModel.class), everyThird));

        assertThat(lastNeed().getRangesCount()).isEqualTo(Limits.MAX_NEED_RANGES);
    }

    @Test
    void after_silent_rounds_the_shared_topic_is_left_for_own_mode() {
        offerAndHoldBytes(shared(model));

        for (int i = 0; i < Ways.SHARED_ROUNDS; i++) {
            silence();
        }

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(play.all(Action.LeaveShared.class)).hasSize(1);
        assertThat(lastNeed().getShared()).isFalse();
        assertThat(lastNeed().getRangesList()).extracting(ChunkRange::getCount).containsExactly(Transport.FIRST_WINDOW);
    }

    @Test
    void after_a_new_connection_the_topic_is_subscribed_to_again_before_the_need() {
        offerAndHoldBytes(shared(model));
        play.hold(Action.JoinShared.class);
        int needs = play.all(Action.SendNeed.class).size();

        play.on(new Event.Disconnected()).connect();
        assertThat(play.all(Action.SendNeed.class)).hasSize(needs);
        assertThat(play.all(Action.JoinShared.class)).hasSize(2);
        play.on(new Event.SharedJoined(model.artifact(), true));

        assertThat(play.all(Action.SendNeed.class)).hasSize(needs + 1);
    }

    @Test
    void a_newer_offer_leaves_the_topic() {
        offerAndHoldBytes(shared(model));

        play.desire(play.fleet.offer(play.fleet.publish("2.0.0", 400_000)));

        assertThat(play.all(Action.LeaveShared.class)).containsExactly(new Action.LeaveShared(model.artifact()));
    }

    @Test
    void a_flood_of_poisoned_shared_chunks_drives_the_device_to_own_mode_and_fails_nothing() {
        offerAndHoldBytes(shared(model));

        for (int i = 0; i < 500; i++) {
            Chunk bad = Play.spoiled(play.fleet.chunk(model.artifact(), i % CHUNKS));
            play.on(new Event.ChunkArrived(bad, Way.SHARED));
        }

        assertThat(play.phase()).isEqualTo(Phase.DOWNLOADING);
        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(play.install().counters().chunksRefused()).isEqualTo(OtherWays.MAX_BAD_SHARED);
        assertThat(play.events()).filteredOn("chunk-refused"::equals).hasSize(OtherWays.MAX_BAD_SHARED);
        for (int i = 0; i < CHUNKS; i++) {
            chunk(i, Way.OWN);
        }
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void own_mode_keeps_its_limit_of_bad_chunks_after_shared_mode() {
        offerAndHoldBytes(shared(model));
        for (int i = 0; i < OtherWays.MAX_BAD_SHARED; i++) {
            play.on(new Event.ChunkArrived(Play.spoiled(play.fleet.chunk(model.artifact(), 0)), Way.SHARED));
        }

        for (int i = 0; i < Arrivals.MAX_REFUSED_CHUNKS; i++) {
            assertThat(play.phase()).isEqualTo(Phase.DOWNLOADING);
            play.on(new Event.ChunkArrived(Play.spoiled(play.fleet.chunk(model.artifact(), 0))));
        }

        assertThat(play.reason()).isEqualTo("chunks-refused");
    }

    // ---- own

    @Test
    void the_window_grows_while_chunks_come_and_halves_with_silence() {
        offerAndHoldBytes(play.fleet.offer(model));
        assertThat(lastNeed().getRanges(0).getCount()).isEqualTo(Transport.FIRST_WINDOW);
        for (int i = 0; i < 30; i++) {
            chunk(i, Way.OWN);
        }
        assertThat(window()).isEqualTo(Limits.MAX_NEED_WINDOW);

        silence();
        assertThat(window()).isEqualTo(4);
        silence();
        assertThat(window()).isEqualTo(2);
        play.on(new Event.Disconnected());
        silence();
        silence();

        assertThat(window()).isEqualTo(1);
    }

    private int window() {
        return play.slot().work().findFetch().orElseThrow().transport().window();
    }

    @Test
    void waits_are_spread_over_devices() {
        Digest blob = model.artifact();
        List<Duration> waits = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waits.add(Jitter.over(Duration.ofSeconds(4), Duration.ofNanos(1_000_003L * i), blob));
        }

        assertThat(waits).allMatch(wait -> wait.toMillis() >= 4000 && wait.toMillis() <= 5000);
        assertThat(waits.stream().distinct().count()).isGreaterThan(50);
    }

    @Test
    void duplicate_and_out_of_order_chunks_are_written_once_each() {
        offerAndHoldBytes(play.fleet.offer(model));
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < CHUNKS; i++) {
            order.add(i);
            order.add(i);
        }
        Collections.shuffle(order, new Random(5));

        order.forEach(index -> chunk(index, Way.OWN));

        assertThat(play.all(Action.WriteChunk.class)).hasSize(CHUNKS);
        assertThat(play.install().counters().chunksRepeated()).isZero();
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20, 30, 40, 50, 60, 70, 80, 90})
    void a_cut_costs_no_more_than_a_window(int percent) {
        offerAndHoldBytes(play.fleet.offer(model));
        int sent = CHUNKS * percent / 100;
        Chunks held = Chunks.NONE;
        for (int i = 0; i < sent; i++) {
            chunk(i, Way.OWN);
            held = held.with(i);
        }
        int asked = play.askedChunks(model);
        assertThat(asked).isLessThanOrEqualTo(sent + Limits.MAX_NEED_WINDOW);

        play.hold(Action.FindModel.class).restart();
        play.release(Action.SendNeed.class).on(play.scanned(play.last(Action.FindModel.class), held));

        assertThat(play.askedChunks(model)).isLessThanOrEqualTo(CHUNKS + Limits.MAX_NEED_WINDOW);
        assertThat(play.all(Action.WriteChunk.class)).hasSize(CHUNKS);
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void a_new_document_in_the_middle_drops_the_old_download_and_its_late_chunks() {
        offerAndHoldBytes(play.fleet.offer(model));
        chunk(0, Way.OWN);
        Published newer = play.fleet.publish("2.0.0", 400_000);

        play.release(Action.SendNeed.class).desire(play.fleet.offer(newer));
        chunk(1, Way.OWN);

        assertThat(play.active()).isEqualTo(newer.artifact());
        assertThat(play.all(Action.WriteChunk.class).stream()
                        .filter(write -> write.blob().equals(model.artifact())))
                .hasSize(1);
    }

    @Test
    void chunks_of_a_wrong_index_length_or_size_are_refused_on_every_way() {
        for (Way way : List.of(Way.OWN, Way.SHARED)) {
            Play again = new Play().connect();
            Published other = again.fleet.publish("1.0.0", CHUNKS * Limits.CHUNK_BYTES);
            DesiredSlot.Builder offer = again.fleet.offer(other);
            offer.setEncodings(0, offer.getEncodings(0).toBuilder().setSharedOffered(way == Way.SHARED));
            again.hold(Action.FindModel.class).desire(offer);
            again.hold(Action.SendNeed.class).on(again.scanned(again.last(Action.FindModel.class), Chunks.NONE));
            Chunk right = again.fleet.chunk(other.artifact(), 3);

            again.on(new Event.ChunkArrived(right.toBuilder().setIndex(CHUNKS).build(), way));
            again.on(new Event.ChunkArrived(right.toBuilder().setIndex(-1).build(), way));
            again.on(new Event.ChunkArrived(right.toBuilder().setIndex(4).build(), way));
            again.on(new Event.ChunkArrived(
                    right.toBuilder().setData(ByteString.EMPTY).build(), way));
            again.on(new Event.ChunkArrived(right.toBuilder().setBlobSize(7).build(), way));

            assertThat(again.details())
                    .filteredOn(detail -> detail.startsWith("wrong-"))
                    .extracting(detail -> detail.substring(0, detail.indexOf(':')))
                    .containsExactly("wrong-index", "wrong-index", "wrong-hash", "wrong-length", "wrong-size");
            assertThat(again.all(Action.WriteChunk.class)).isEmpty();
        }
    }

    // ---- links

    @Test
    void a_large_model_comes_by_a_link_in_ranges() {
        Published large = play.fleet.publish("4.0.0", LARGE);

        play.desire(play.fleet.offer(large));

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.askedChunks(large)).isZero();
        assertThat(play.all(Action.FetchByLink.class))
                .allMatch(fetch -> fetch.range().count() <= OtherWays.LINK_WINDOW)
                .extracting(fetch -> fetch.range().length())
                .satisfies(lengths -> assertThat(
                                lengths.stream().mapToLong(Long::longValue).sum())
                        .isEqualTo(LARGE));
    }

    @Test
    void a_server_without_links_is_asked_for_chunks() {
        Published large = play.fleet.publish("4.0.0", LARGE);
        offerAndHoldBytes(play.fleet.offer(large));
        assertThat(lastNeed().getWantLink()).isTrue();

        play.on(new Event.ChunkArrived(Chunk.newBuilder()
                .setBlobSha256(large.artifact().toBytes())
                .setRefusal("no-link")
                .build()));

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(lastNeed().getRangesCount()).isEqualTo(1);
    }

    @Test
    void fruitless_rounds_lead_to_a_link_and_chunks_that_came_are_kept() {
        offerAndHoldBytes(play.fleet.offer(model));
        chunk(0, Way.OWN);

        for (int i = 0; i < Ways.FRUITLESS_ROUNDS; i++) {
            silence();
        }
        assertThat(lastNeed().getWantLink()).isTrue();
        play.on(new Event.ChunkArrived(Play.link(model.artifact())));

        assertThat(play.last(Action.FetchByLink.class).range().first()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"redirected", "not-partial", "changed", "bad-address"})
    void a_suspicious_link_is_left_at_once_and_is_a_security_event(String code) {
        byLink();

        play.on(Play.linkEnded(play.last(Action.FetchByLink.class), code));

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(play.details()).anyMatch(detail -> detail.startsWith(code + ": "));
        assertThat(play.phase()).isEqualTo(Phase.DOWNLOADING);
    }

    @Test
    void a_truncated_answer_is_tried_again_from_where_it_ended_and_in_the_end_given_up() {
        byLink();
        chunk(0, Way.LINK);
        chunk(1, Way.LINK);

        play.on(Play.linkEnded(play.last(Action.FetchByLink.class), "truncated"));
        play.wait(play.last(Action.StartTimer.class).delay()).on(new Event.DownloadDue(VAD));
        assertThat(play.last(Action.FetchByLink.class).range().first()).isEqualTo(2);
        play.on(Play.linkEnded(play.last(Action.FetchByLink.class), "truncated"));
        play.wait(play.last(Action.StartTimer.class).delay()).on(new Event.DownloadDue(VAD));
        play.on(Play.linkEnded(play.last(Action.FetchByLink.class), "truncated"));

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(lastNeed().getRanges(0).getFirst()).isEqualTo(2);
    }

    @Test
    void an_ended_link_is_asked_for_anew() {
        byLink();

        play.on(Play.linkEnded(play.last(Action.FetchByLink.class), "expired"));

        assertThat(way()).isEqualTo(Way.LINK_ASKED);
        assertThat(lastNeed().getWantLink()).isTrue();
    }

    @Test
    void a_poisoned_mirror_is_left_and_does_not_fail_the_download() {
        byLink();

        for (int i = 0; i < 100; i++) {
            play.on(new Event.ChunkArrived(Play.spoiled(play.fleet.chunk(model.artifact(), 0)), Way.LINK));
        }

        assertThat(way()).isEqualTo(Way.OWN);
        assertThat(play.phase()).isEqualTo(Phase.DOWNLOADING);
        assertThat(play.install().counters().chunksRefused()).isEqualTo(OtherWays.MAX_BAD_BY_LINK);
    }

    private void byLink() {
        policy(DownloadPolicy.newBuilder().setPreferHttps(true));
        offerAndHoldBytes(play.fleet.offer(model));
        play.on(new Event.ChunkArrived(Play.link(model.artifact())));
        assertThat(way()).isEqualTo(Way.LINK);
    }

    // ---- what the operator allows

    private DownloadPolicy.Builder policy = DownloadPolicy.newBuilder();

    private void policy(DownloadPolicy.Builder given) {
        policy = given;
        document();
    }

    private void document(DesiredSlot.Builder... slots) {
        Desired desired =
                play.fleet.desired(slots).toBuilder().setDownloadPolicy(policy).build();
        play.on(new Event.DesiredVerified(desired, Digest.of(desired.toByteArray())));
    }

    @Test
    void no_more_is_asked_for_than_the_cap_allows() {
        int perSecond = 2 * Limits.CHUNK_BYTES;
        policy(DownloadPolicy.newBuilder().setMaxBytesPerSecond(perSecond));
        Duration start = play.uptime;

        document(shared(model));
        for (int i = 0; i < 1000 && play.phase() != Phase.PROBATION; i++) {
            List<Action.StartTimer> pauses = play.all(Action.StartTimer.class).stream()
                    .filter(timer -> timer.event() instanceof Event.DownloadDue)
                    .toList();
            play.wait(pauses.get(pauses.size() - 1).delay()).on(new Event.DownloadDue(VAD));
            long allowed = (long) (play.uptime.minus(start).toMillis() / 1000.0 * perSecond) + 2L * perSecond;
            assertThat((long) play.askedChunks(model) * Limits.CHUNK_BYTES).isLessThanOrEqualTo(allowed);
        }

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.uptime.minus(start)).isGreaterThan(Duration.ofSeconds(CHUNKS / 2 - 3));
        assertThat(play.all(Action.JoinShared.class))
                .as("a capped device takes no shared chunks")
                .isEmpty();
    }

    @Test
    void links_keep_to_the_cap_too() {
        policy(DownloadPolicy.newBuilder()
                .setMaxBytesPerSecond(2 * Limits.CHUNK_BYTES)
                .setPreferHttps(true));
        play.wait(Duration.ofSeconds(10));
        offerAndHoldBytes(play.fleet.offer(model));
        play.wait(Duration.ofSeconds(10)).on(new Event.ChunkArrived(Play.link(model.artifact())));

        assertThat(play.all(Action.FetchByLink.class))
                .extracting(fetch -> fetch.range().count())
                .containsExactly(4);
    }

    @Test
    void on_a_metered_link_a_large_model_waits_with_a_reason_until_it_may_come() {
        policy(DownloadPolicy.newBuilder().setMetered(true).setMeteredMaxBytes(1_000_000));

        document(shared(model));
        assertThat(way()).isEqualTo(Way.WAITING);
        assertThat(play.askedChunks(model)).isZero();
        assertThat(play.last(Action.Report.class)
                        .reported()
                        .getSlots(0)
                        .getAttempt()
                        .getReason())
                .isEqualTo("metered-link");
        assertThat(play.last(Action.Report.class)
                        .reported()
                        .getSlots(0)
                        .getAttempt()
                        .getDetail())
                .isEqualTo("the link is metered: 2.0 MB are left to fetch, at most 1.0 MB are allowed");
        play.on(new Event.Disconnected()).connect();
        assertThat(play.askedChunks(model)).isZero();
        policy(DownloadPolicy.newBuilder());

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void on_a_metered_link_a_small_model_comes_alone() {
        policy(DownloadPolicy.newBuilder().setMetered(true).setMeteredMaxBytes(10_000_000));

        document(shared(model));

        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.all(Action.JoinShared.class)).isEmpty();
    }

    @Test
    void the_rules_survive_a_restart() {
        policy(DownloadPolicy.newBuilder().setMetered(true));

        assertThat(play.state.durable().pace().policy().getMetered()).isTrue();
        assertThat(play.state.durable().pace())
                .isEqualTo(play.state.durable().durable().pace());
    }

    @Test
    void progress_is_reported_at_a_bounded_rate() {
        offerAndHoldBytes(play.fleet.offer(model));
        int before = play.all(Action.Report.class).size();
        for (int i = 0; i < CHUNKS - 1; i++) {
            chunk(i, Way.OWN);
        }
        assertThat(play.all(Action.Report.class)).as("all within one moment").hasSize(before);

        Play slow = new Play().connect();
        Published same = slow.fleet.publish("1.0.0", CHUNKS * Limits.CHUNK_BYTES);
        slow.hold(Action.FindModel.class).desire(slow.fleet.offer(same));
        slow.hold(Action.SendNeed.class).on(slow.scanned(slow.last(Action.FindModel.class), Chunks.NONE));
        int reports = slow.all(Action.Report.class).size();
        for (int i = 0; i < CHUNKS - 1; i++) {
            slow.wait(Duration.ofSeconds(2)).on(new Event.ChunkArrived(slow.fleet.chunk(same.artifact(), i)));
        }
        assertThat(slow.all(Action.Report.class).size() - reports).isBetween(9, 20);
    }
}
