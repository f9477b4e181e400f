package io.tinyfleet.agent.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.agent.fixture.LyingDisk;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Stream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final Path FOLDER = Path.of("/device/outbox");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration START = Duration.ZERO;

    private final LyingDisk disk = new LyingDisk();

    private Outbox open() throws IOException {
        return open(OutboxLimits.DEFAULT);
    }

    private Outbox open(OutboxLimits limits) throws IOException {
        return Outbox.open(disk, FOLDER, limits);
    }

    private static ByteString body(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static List<String> bodies(List<Outbox.Due> due) {
        return due.stream()
                .map(message -> message.envelope().getBody().toStringUtf8())
                .toList();
    }

    private static List<String> numbers(List<Outbox.Due> due) {
        return due.stream()
                .map(message -> message.stream() + " " + message.boot() + "/" + message.seq())
                .toList();
    }

    @Test
    void numbers_begin_at_one_in_each_stream() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("a"), NOW);
        outbox.add(Stream.STATE, body("b"), NOW);
        outbox.add(Stream.EVENT, body("c"), NOW);

        assertThat(numbers(outbox.takeDue(START, 10))).containsExactly("STATE 1/1", "EVENT 1/1", "EVENT 1/2");
    }

    @Test
    void each_run_of_the_agent_is_a_new_boot_even_if_nothing_was_sent() throws IOException {
        assertThat(open().boot()).isEqualTo(1);
        disk.losePower();
        assertThat(open().boot()).isEqualTo(2);
    }

    @Test
    void a_spoiled_boot_counter_still_goes_above_what_is_waiting() throws IOException {
        open();
        Outbox second = open();
        second.add(Stream.EVENT, body("a"), NOW);
        disk.spoil(FOLDER.resolve("boot"), 0);

        assertThat(open().boot()).isGreaterThan(2);
    }

    @Test
    void events_survive_a_power_cut_until_the_server_has_marked_them() throws IOException {
        open().add(Stream.EVENT, body("a"), NOW);
        disk.losePower();
        Outbox second = open();
        assertThat(bodies(second.takeDue(START, 10))).containsExactly("a");

        second.mark(Stream.EVENT, 1, 1);
        disk.losePower();

        assertThat(open().takeDue(START, 10)).isEmpty();
    }

    @Test
    void a_broker_s_word_is_not_enough() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("a"), NOW);
        outbox.takeDue(START, 10).forEach(outbox::delivered);

        assertThat(outbox.count()).isEqualTo(1);
        assertThat(outbox.takeDue(Duration.ofSeconds(29), 10)).isEmpty();
        assertThat(bodies(outbox.takeDue(Duration.ofSeconds(30), 10))).containsExactly("a");
        assertThat(outbox.takeDue(Duration.ofSeconds(89), 10)).isEmpty();
        assertThat(bodies(outbox.takeDue(Duration.ofSeconds(90), 10))).containsExactly("a");
    }

    @Test
    void what_the_broker_did_not_take_goes_again_with_the_next_connection() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("taken"), NOW);
        outbox.add(Stream.EVENT, body("lost"), NOW);
        outbox.delivered(outbox.takeDue(START, 10).get(0));

        outbox.disconnected();

        assertThat(bodies(outbox.takeDue(Duration.ofSeconds(1), 10))).containsExactly("lost");
    }

    @Test
    void a_mark_covers_what_is_below_it_in_its_own_stream_and_boot() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("a"), NOW);
        outbox.add(Stream.EVENT, body("b"), NOW);
        outbox.add(Stream.EVENT, body("c"), NOW);
        outbox.add(Stream.STATE, body("s"), NOW);

        outbox.mark(Stream.EVENT, 1, 2);
        outbox.mark(Stream.EVENT, 9, 9);

        assertThat(bodies(outbox.takeDue(START, 10))).containsExactly("s", "c");
    }

    @Test
    void a_mark_of_an_unknown_stream_is_ignored() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("a"), NOW);

        outbox.mark(Stream.UNRECOGNIZED, 1, 5);
        outbox.mark(Stream.STREAM_UNSPECIFIED, 1, 5);

        assertThat(outbox.count()).isEqualTo(1);
    }

    @Test
    void a_full_outbox_drops_the_oldest_telemetry_and_says_so() throws IOException {
        Outbox outbox = open(OutboxLimits.DEFAULT.withMaxBytes(1000));
        outbox.add(Stream.EVENT, body("precious"), NOW);
        for (int i = 0; i < 40; i++) {
            outbox.add(Stream.TELEMETRY, body("window " + i + "x".repeat(40)), NOW);
        }

        List<Outbox.Due> due = outbox.takeDue(START, 100);

        assertThat(outbox.bytes()).isLessThanOrEqualTo(1000);
        assertThat(bodies(due)).contains("precious", "window 39" + "x".repeat(40));
        Envelope skipped = due.get(1).envelope();
        assertThat(skipped.getSkipped().getFirst()).isEqualTo(1);
        assertThat(skipped.getSkipped().getLast()).isEqualTo(skipped.getSeq()).isGreaterThan(20);
        assertThat(skipped.getSkipped().getReason()).isEqualTo("outbox full");
    }

    @Test
    void skipped_ranges_survive_a_restart() throws IOException {
        Outbox outbox = open(OutboxLimits.DEFAULT.withMaxBytes(500));
        for (int i = 0; i < 20; i++) {
            outbox.add(Stream.TELEMETRY, body("window " + i + "x".repeat(40)), NOW);
        }
        int waiting = outbox.count();

        Outbox second = open();

        assertThat(second.count()).isEqualTo(waiting);
        assertThat(second.takeDue(START, 1).get(0).envelope().getSkipped().getFirst())
                .isEqualTo(1);
    }

    @Test
    void old_telemetry_is_dropped_and_old_events_are_not() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.TELEMETRY, body("old"), NOW);
        outbox.add(Stream.EVENT, body("old event"), NOW);

        outbox.add(Stream.TELEMETRY, body("new"), NOW.plus(Duration.ofDays(8)));

        List<Outbox.Due> due = outbox.takeDue(START, 10);
        assertThat(bodies(due)).containsExactly("old event", "", "new");
        assertThat(due.get(1).envelope().getSkipped().getReason()).isEqualTo("older than 7 days");
    }

    @Test
    void a_message_that_is_never_marked_becomes_a_note_after_ten_sends() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("poison"), NOW);
        Duration time = START;
        for (int i = 0; i < 10; i++) {
            assertThat(bodies(outbox.takeDue(time, 10))).containsExactly("poison");
            time = time.plusHours(3);
        }

        outbox.takeDue(time, 10);
        List<Outbox.Due> note = outbox.takeDue(time, 10);

        assertThat(note.get(0).envelope().getSkipped().getReason()).isEqualTo("no mark after 10 sends");
    }

    @Test
    void a_device_behind_the_server_goes_on_above_it_and_loses_nothing() throws IOException {
        Outbox outbox = open();
        outbox.add(Stream.EVENT, body("a"), NOW);
        outbox.add(Stream.EVENT, body("b"), NOW);
        outbox.mark(Stream.EVENT, 1, 1);

        outbox.continueAbove(41, NOW);

        assertThat(outbox.boot()).isEqualTo(42);
        assertThat(numbers(outbox.takeDue(START, 10))).containsExactly("EVENT 42/1");
        disk.losePower();
        assertThat(open().boot()).isEqualTo(43);
    }

    @Test
    void a_server_behind_the_device_changes_nothing() throws IOException {
        open();
        Outbox outbox = open();

        outbox.continueAbove(1, NOW);

        assertThat(outbox.boot()).isEqualTo(2);
    }

    @Test
    void files_of_finished_boots_are_deleted() throws IOException {
        open().add(Stream.EVENT, body("a"), NOW);
        Outbox second = open();

        second.mark(Stream.EVENT, 1, 1);

        assertThat(disk.list(FOLDER)).containsExactly(FOLDER.resolve("boot"));
    }

    @Test
    void a_log_that_is_never_empty_does_not_grow_without_end() throws IOException {
        Outbox outbox = open();
        String large = "x".repeat(10_000);
        for (int i = 1; i <= 200; i++) {
            outbox.add(Stream.TELEMETRY, body(large), NOW);
            outbox.mark(Stream.TELEMETRY, 1, i - 1);
        }

        assertThat(disk.size(FOLDER.resolve("TELEMETRY-1.log"))).isLessThan(500_000);
        disk.killProcess();
        assertThat(bodies(open().takeDue(START, 10))).containsExactly(large);
    }

    @Test
    void a_cut_at_any_change_loses_no_event_that_was_kept() throws IOException {
        for (int at = 1; at < 30; at++) {
            LyingDisk device = new LyingDisk();
            device.cutBefore(at, at % 2 == 0);
            int kept = 0;
            try {
                Outbox outbox = Outbox.open(device, FOLDER, OutboxLimits.DEFAULT);
                for (int i = 0; i < 6; i++) {
                    outbox.add(Stream.EVENT, body("event " + i), NOW);
                    kept++;
                }
            } catch (LyingDisk.PowerCut e) {
                device.losePower();
            }
            device.neverCut();

            List<String> found =
                    bodies(Outbox.open(device, FOLDER, OutboxLimits.DEFAULT).takeDue(START, 100));

            assertThat(found.size()).as("cut before change %d", at).isGreaterThanOrEqualTo(kept);
        }
    }
}
