package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.ElementType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that bring input, and do not, and bring too much. */
@Timeout(60)
class LiveSourceTest {

    private static final Duration PATIENCE = Duration.ofMillis(400);

    @TempDir
    Path folder;

    @Test
    void lines_of_a_process_are_rows() throws Exception {
        try (RowSource rows = (RowSource) exec(FrameFormat.Kind.CSV, "printf '1,2.5\\n\\n-3,4e1\\n'; sleep 30")) {
            assertThat(rows.next()).containsExactly(1f, 2.5f);
            assertThat(rows.next()).containsExactly(-3f, 40f);
            assertThat(rows.live()).isTrue();
        }
    }

    @Test
    void raw_pictures_and_sound_of_a_process_are_taken_as_they_are_declared() throws Exception {
        try (ImageSource pictures = (ImageSource) exec(FrameFormat.Kind.RGB24, "printf 'abcdefghijkl'; sleep 30")) {
            Image image = pictures.next();
            assertThat(image.width()).isEqualTo(2);
            assertThat(image.at(1, 1, 2)).isEqualTo('l');
        }
        try (AudioSource sound = (AudioSource) exec(FrameFormat.Kind.PCM16, "head -c 4096 /dev/zero; sleep 30")) {
            Tensor samples = Tensor.zeros("x", ElementType.FLOAT32, 100);
            sound.read(samples, 0, 100);
            assertThat(samples.floatAt(99)).isZero();
            assertThat(sound.sampleRateHz()).isEqualTo(16_000);
        }
    }

    @Test
    void a_process_that_says_nothing_is_a_stall_and_not_the_end() throws Exception {
        try (RowSource rows =
                (RowSource) exec(FrameFormat.Kind.CSV, "read -t 1 < <(sleep 9); sleep 1; echo 7; sleep 30")) {
            assertThatThrownBy(rows::next)
                    .isInstanceOf(SourceStalledException.class)
                    .hasMessage("nothing came for 0 s");
            assertThat(nextOf(rows)).containsExactly(7f);
        }
    }

    @Test
    void a_process_that_dies_is_started_again_and_its_end_is_told() throws Exception {
        Path count = folder.resolve("count");
        Path told = folder.resolve("told");
        String script = "echo x >> " + count + "; runs=$(wc -l < " + count + "); while [ $runs != 1 -a ! -e " + told
                + " ]; do sleep 0.02; done; echo $runs; exit 3";
        try (RowSource rows = (RowSource) exec(FrameFormat.Kind.CSV, script)) {
            assertThat(nextOf(rows)).containsExactly(1f);
            String stall = stallOf(rows);
            while (!stall.contains("ended")) {
                stall = stallOf(rows);
            }
            assertThat(stall).contains("ended with status 3; it is started again in 1 s");
            Files.createFile(told);
            assertThat(nextOf(rows)).containsExactly(2f);
            assertThat(nextOf(rows)).containsExactly(3f);
        }
    }

    @Test
    void a_command_that_is_not_there_is_told() throws Exception {
        Source source = LiveSource.open(
                "sensor",
                format(FrameFormat.Kind.CSV),
                PATIENCE,
                queue -> ExecFrames.start(
                        List.of("/no/such/program"),
                        format(FrameFormat.Kind.CSV),
                        queue,
                        Duration.ofMillis(10),
                        PATIENCE));
        try (RowSource rows = (RowSource) source) {
            assertThat(stallOf(rows)).contains("/no/such/program").contains("No such file");
        }
    }

    @Test
    void a_flood_leaves_the_newest_and_is_counted() throws Exception {
        try (RowSource rows = (RowSource) exec(FrameFormat.Kind.CSV, "seq 1 5000; sleep 30")) {
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (rows.dropped() < 5000 - 256) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(rows.next()).containsExactly(4745f);
            assertThat(rows.dropped()).isEqualTo(4744);
        }
    }

    @Test
    void a_line_or_frame_that_is_none_is_passed_over() throws Exception {
        try (RowSource rows = (RowSource) exec(FrameFormat.Kind.CSV, "printf '1,two\\nNaN\\n3\\n'; sleep 30")) {
            assertThat(stallOf(rows)).contains("column 2: 'two' is no number");
            assertThat(stallOf(rows)).contains("'NaN' is no number");
            assertThat(nextOf(rows)).containsExactly(3f);
        }
    }

    @Test
    void closing_ends_the_process_and_whoever_waits() throws Exception {
        Path pid = folder.resolve("pid");
        RowSource rows = (RowSource) exec(FrameFormat.Kind.CSV, "echo 1; echo $$ > " + pid + "; sleep 100");
        assertThat(nextOf(rows)).containsExactly(1f);
        String text = "";
        while (text.isBlank()) {
            text = Files.exists(pid) ? Files.readString(pid) : "";
        }
        ProcessHandle process = ProcessHandle.of(Long.parseLong(text.strip())).orElseThrow();
        rows.close();
        process.onExit().get(20, java.util.concurrent.TimeUnit.SECONDS);
        assertThatThrownBy(rows::next).isInstanceOf(SourceStalledException.class);
    }

    // ---- recordings

    @Test
    void a_csv_file_is_played_over_and_over_without_its_heading() throws Exception {
        Path file = Files.writeString(folder.resolve("a.csv"), "x,y\n1,2\n\n3,4\n");
        try (RowSource rows = (RowSource) ReplaySource.open("a", file.toString())) {
            for (int i = 0; i < 3; i++) {
                assertThat(rows.next()).containsExactly(1f, 2f);
                assertThat(rows.next()).containsExactly(3f, 4f);
            }
        }
        Path broken = Files.writeString(folder.resolve("b.csv"), "1,2\n1;2\n");
        try (RowSource rows = (RowSource) ReplaySource.open("b", broken.toString())) {
            assertThat(rows.next()).hasSize(2);
            assertThatThrownBy(rows::next).isInstanceOf(SourceException.class).hasMessageContaining("line 2");
        }
        Path empty = Files.writeString(folder.resolve("c.csv"), "x,y\n");
        try (RowSource rows = (RowSource) ReplaySource.open("c", empty.toString())) {
            assertThatThrownBy(rows::next).hasMessageContaining("holds no row of numbers");
        }
    }

    @Test
    void a_folder_without_pictures_and_pictures_that_are_none_are_refused() throws Exception {
        assertThatThrownBy(() -> ReplaySource.open("p", folder.toString())).hasMessageContaining("holds no picture");
        byte[] png = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 9};
        for (byte[] bad : List.of(
                png,
                "hello".getBytes(StandardCharsets.UTF_8),
                "P6 99999 99999 255\n".getBytes(StandardCharsets.UTF_8),
                "P5 2 2 255\nab".getBytes(StandardCharsets.UTF_8),
                new byte[] {(byte) 0xff, (byte) 0xd8, 1, 2})) {
            assertThatThrownBy(() -> ImageFile.decode("bad.png", bad))
                    .isInstanceOf(SourceException.class)
                    .hasMessageContaining("bad.png");
        }
        Image pnm = ImageFile.decode("a.pgm", "P5\n# made by hand\n2 1 255\nAB".getBytes(StandardCharsets.UTF_8));
        assertThat(pnm.at(1, 0, 2)).isEqualTo('B');
    }

    private static float[] nextOf(RowSource rows) throws IOException {
        while (true) {
            try {
                return rows.next();
            } catch (SourceStalledException e) {
                // Asked again, as the slot does.
            }
        }
    }

    private static String stallOf(RowSource rows) throws IOException {
        while (true) {
            try {
                rows.next();
            } catch (SourceStalledException e) {
                return String.valueOf(e.getMessage());
            }
        }
    }

    private static FrameFormat format(FrameFormat.Kind kind) {
        return new FrameFormat(kind, 16_000, 2, 2);
    }

    private static Source exec(FrameFormat.Kind kind, String script) throws IOException {
        return LiveSource.open(
                "sensor",
                format(kind),
                PATIENCE,
                queue -> ExecFrames.start(
                        List.of("bash", "-c", script),
                        format(kind),
                        queue,
                        Duration.ofMillis(200),
                        Duration.ofSeconds(1)));
    }
}
