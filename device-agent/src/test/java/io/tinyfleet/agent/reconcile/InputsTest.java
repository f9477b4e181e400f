package io.tinyfleet.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.protocol.v1.InputState;
import io.tinyfleet.protocol.v1.Reported;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the server hears of a slot's input, of the disk and of the clock. */
class InputsTest {
    private final Play play = new Play();

    private InputsTest see(SlotInput.State state, String reason) {
        play.on(new Event.InputsSeen(Map.of(Play.VAD, new SlotInput(state, reason, play.uptime))));
        return this;
    }

    private Reported told() {
        return play.last(Action.Report.class).reported();
    }

    private InputState state() {
        return told().getSlots(0).getInput().getState();
    }

    @Test
    void an_input_that_flows_is_reported_without_an_event() {
        see(SlotInput.State.FLOWING, "");

        assertThat(state()).isEqualTo(InputState.INPUT_FLOWING);
        assertThat(told().getSlots(0).getSlot()).isEqualTo("vad");
        assertThat(play.events()).isEmpty();
    }

    @Test
    void a_stall_is_told_with_its_reason_and_again_when_it_is_over() {
        Published v1 = play.fleet.publish("1.0.0", 100_000);
        play.connect().run(v1);
        see(SlotInput.State.FLOWING, "");
        see(SlotInput.State.STALLED, "nothing came for 10 s");
        assertThat(state()).isEqualTo(InputState.INPUT_STALLED);
        assertThat(told().getSlots(0).getInput().getReason()).isEqualTo("nothing came for 10 s");
        assertThat(told().getSlots(0).getActive().getVersion()).isEqualTo("1.0.0");

        play.wait(Duration.ofMinutes(5));
        see(SlotInput.State.FLOWING, "");

        assertThat(state()).isEqualTo(InputState.INPUT_FLOWING);
        assertThat(play.events()).endsWith("input-stalled", "input-flowing");
        assertThat(play.details())
                .anySatisfy(detail ->
                        assertThat(detail).isEqualTo("nothing came for 10 s; applications are answered all the same"));
    }

    @Test
    void an_input_that_comes_and_goes_each_second_is_told_twice_in_half_a_minute() {
        see(SlotInput.State.FLOWING, "");
        int before = play.all(Action.Report.class).size();
        for (int second = 0; second < 120; second++) {
            see(second % 2 == 0 ? SlotInput.State.STALLED : SlotInput.State.FLOWING, "nothing came");
            play.wait(Duration.ofSeconds(1));
        }

        assertThat(play.all(Action.Report.class).size() - before).isBetween(6, 9);
    }

    @Test
    void the_same_trouble_again_is_no_news() {
        see(SlotInput.State.DEAD, "the file is gone");
        play.wait(Duration.ofMinutes(5));
        see(SlotInput.State.DEAD, "the file is gone");

        assertThat(play.events()).containsExactly("input-dead");
        assertThat(play.state.durable().equipment())
                .as("nothing of it is stored")
                .isEqualTo(Equipment.NONE);
    }

    @Test
    void how_long_it_has_been_so_goes_with_each_report() {
        see(SlotInput.State.FLOODING, "more comes than is taken");
        play.wait(Duration.ofMinutes(3)).on(new Event.RefreshAsked());

        assertThat(told().getSlots(0).getInput().getForMillis()).isEqualTo(180_000);
    }

    @Test
    void a_disk_that_takes_nothing_is_told_until_it_does() {
        play.on(new Event.DiskChanged(new Trust.Trouble("disk-full", "the disk is full")));
        assertThat(told().getTrouble().getCode()).isEqualTo("disk-full");

        play.on(new Event.DiskChanged(null));
        assertThat(told().hasTrouble()).isFalse();
    }

    @Test
    void a_clock_in_1970_is_told_and_a_synchronised_one_never() {
        play.wall = Instant.EPOCH;
        play.on(new Event.RefreshAsked());
        assertThat(told().getTrouble().getCode()).isEqualTo("clock-not-set");
        assertThat(told().getTrouble().getSentence()).contains("1970-01-01");

        play.clockSynchronised = true;
        play.on(new Event.RefreshAsked());
        assertThat(told().hasTrouble()).isFalse();
    }
}
