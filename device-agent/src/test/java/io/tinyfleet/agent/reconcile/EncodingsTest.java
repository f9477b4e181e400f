package io.tinyfleet.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Of the ways that are offered, the cheapest that this device can go; and the next one when it leads nowhere. */
class EncodingsTest {
    private static final int MODEL_BYTES = 400_000;

    private final Play play = new Play();
    private final SmallFleet fleet = play.fleet;
    private final Published v1 = fleet.publishCompressible("1.0.0", MODEL_BYTES);
    private final Published v2 = fleet.publishRetrained("2.0.0", v1);
    private final Encoding delta = fleet.td1(v1, v2);
    private final Encoding compressed = fleet.zstd(v2);

    private DesiredSlot.Builder offerOfAll() {
        return fleet.offer(v2).addEncodings(compressed).addEncodings(delta);
    }

    @Test
    void the_smallest_way_is_taken() {
        play.connect().run(v1);
        play.desire(offerOfAll());
        assertThat(fetched()).isEqualTo(EncodingKind.TD1);
        assertThat(play.install().counters().encoding()).isEqualTo(EncodingKind.TD1);
        assertThat(play.install().counters().bytesOnWire())
                .isEqualTo(delta.getBlob().getSize());
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
    }

    @Test
    void a_delta_from_a_model_that_is_not_held_is_not_considered() {
        play.connect().desire(offerOfAll());
        assertThat(fetched()).isNotEqualTo(EncodingKind.TD1);
        assertThat(play.events()).doesNotContain("encoding-refused");
    }

    @Test
    void a_delta_from_the_way_back_is_as_good_as_one_from_the_running_model() {
        Published other = fleet.publish("1.1.0", MODEL_BYTES);
        play.connect().run(v1).run(other);
        play.desire(offerOfAll());
        assertThat(fetched()).isEqualTo(EncodingKind.TD1);
    }

    @Test
    void a_refused_encoding_is_set_aside_and_the_next_one_fetched() {
        play.connect().run(v1);
        play.refuse(Set.of(blob(delta)));
        play.desire(offerOfAll());
        assertThat(play.events()).contains("encoding-refused");
        assertThat(play.details())
                .anyMatch(detail -> detail.contains("td1 of " + delta.getBlob().getSize()));
        assertThat(fetched()).isNotEqualTo(EncodingKind.TD1);
        assertThat(play.phase()).isEqualTo(Phase.PROBATION);
        assertThat(play.install().counters().bytesOnWire())
                .isGreaterThan(delta.getBlob().getSize());
    }

    @Test
    void what_was_set_aside_stays_so_after_a_restart() {
        play.connect().run(v1);
        play.hold(Action.FindModel.class);
        play.desire(offerOfAll());
        assertThat(fetched()).isEqualTo(EncodingKind.TD1);
        play.on(new Event.EncodingRefused(Play.VAD, play.attempt(), blob(delta), "wrong-base", "?"));
        EncodingKind next = fetched();
        play.restart();
        assertThat(fetched()).isEqualTo(next).isNotEqualTo(EncodingKind.TD1);
    }

    @Test
    void when_no_way_is_left_the_attempt_has_failed_and_the_running_model_goes_on() {
        play.connect().run(v1);
        play.refuse(Set.of(blob(delta), blob(compressed)));
        play.desire(fleet.offer(v2).clearEncodings().addEncodings(compressed).addEncodings(delta));
        assertThat(play.phase()).isEqualTo(Phase.FAILED);
        assertThat(play.reason()).isEqualTo("no-usable-encoding");
        assertThat(play.active()).isEqualTo(v1.artifact());
    }

    @Test
    void an_offer_of_deltas_alone_is_rejected_by_a_device_without_their_base() {
        play.connect().desire(fleet.offer(v2).clearEncodings().addEncodings(delta));
        assertThat(play.phase()).isEqualTo(Phase.REJECTED);
        assertThat(play.reason()).isEqualTo("no-usable-encoding");
    }

    @Test
    void kinds_of_a_later_protocol_are_passed_over() {
        Encoding unknown = compressed.toBuilder().setKindValue(99).build();
        play.connect().desire(fleet.offer(v2).addEncodings(unknown));
        assertThat(fetched()).isEqualTo(EncodingKind.IDENTITY);
    }

    @Test
    void without_room_for_blob_and_file_the_plain_file_is_fetched() {
        play.connect().run(v1);
        long free = LimitCheck.FLASH_HEADROOM_BYTES + MODEL_BYTES + 10;
        play.limits =
                new DeviceLimits(Play.ROOMY.ramAvailableBytes(), free, Play.ROOMY.abi(), Play.ROOMY.runtimes(), null);
        play.desire(offerOfAll());
        assertThat(fetched()).isEqualTo(EncodingKind.IDENTITY);
    }

    private EncodingKind fetched() {
        List<Action.FindModel> all = play.all(Action.FindModel.class);
        return all.get(all.size() - 1).encoding().getKind();
    }

    private static Digest blob(Encoding encoding) {
        return Digest.fromBytes(encoding.getBlob().getSha256());
    }
}
