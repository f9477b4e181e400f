package io.tinyfleet.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real folder that pictures come to. Each picture is one pixel, whose grey says which it is. */
@Timeout(60)
class WatchedFolderTest {
    private static final Duration PATIENCE = Duration.ofMillis(1300);
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path temp;

    private Path folder;

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(temp.resolve("camera"));
    }

    private WatchedFolder open(boolean deletes, int backlog) {
        return WatchedFolder.open(
                "camera",
                new WatchedFolder.Settings(folder, deletes, backlog, PATIENCE),
                temp.resolve("sources/faces"));
    }

    private static byte[] picture(int grey) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes("P5 1 1 255\n".getBytes(StandardCharsets.US_ASCII));
        bytes.write(grey);
        return bytes.toByteArray();
    }

    private Path put(String name, int grey, int second) throws IOException {
        Path file = Files.write(folder.resolve(name), picture(grey));
        Files.setLastModifiedTime(file, FileTime.from(START.plusSeconds(second)));
        return file;
    }

    private static int grey(WatchedFolder source) throws IOException {
        return source.next().at(0, 0, 0);
    }

    /** It has been looked at once, so that what comes now is new. */
    private WatchedFolder watching(boolean deletes, int backlog) {
        WatchedFolder source = open(deletes, backlog);
        assertThatThrownBy(source::next).isInstanceOf(SourceStalledException.class);
        return source;
    }

    @Test
    void what_comes_is_taken_once_and_the_oldest_first() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            put("b.pgm", 2, 2);
            put("a.pgm", 3, 3);
            put("c.pgm", 1, 1);

            assertThat(grey(source)).isEqualTo(1);
            assertThat(grey(source)).isEqualTo(2);
            assertThat(grey(source)).isEqualTo(3);
            assertThatThrownBy(source::next)
                    .isInstanceOf(SourceStalledException.class)
                    .hasMessageContaining("no new picture in " + folder);
            assertThat(folder.resolve("a.pgm")).exists();
            assertThat(source.live()).isTrue();
        }
    }

    @Test
    void what_lay_there_before_the_first_start_is_left_alone() throws Exception {
        put("old.pgm", 1, 1);
        try (WatchedFolder source = watching(false, 100)) {
            put("new.pgm", 2, 2);
            assertThat(grey(source)).isEqualTo(2);
        }
    }

    @Test
    void a_restart_goes_on_where_it_was() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            put("a.pgm", 1, 1);
            put("b.pgm", 2, 2);
            assertThat(grey(source)).isEqualTo(1);
        }
        put("c.pgm", 3, 3);
        try (WatchedFolder source = open(false, 100)) {
            assertThat(grey(source)).isEqualTo(2);
            assertThat(grey(source)).isEqualTo(3);
        }
    }

    @Test
    void a_half_written_picture_is_not_read_before_it_is_finished() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            byte[] whole = picture(7);
            Path file = Files.write(folder.resolve("a.pgm"), Arrays.copyOf(whole, 0));
            Files.write(folder.resolve("b.pgm.part"), whole);
            Files.write(folder.resolve(".hidden.pgm"), whole);
            assertThatThrownBy(source::next).hasMessageContaining("no new picture");

            Files.write(file, whole, StandardOpenOption.APPEND);
            assertThat(grey(source)).isEqualTo(7);
            Files.move(folder.resolve("b.pgm.part"), folder.resolve("b.pgm"), StandardCopyOption.ATOMIC_MOVE);
            assertThat(grey(source)).isEqualTo(7);
            assertThat(source.unusable()).isZero();
        }
    }

    @Test
    void one_that_is_written_anew_under_its_name_is_a_new_one() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            put("latest.pgm", 1, 1);
            assertThat(grey(source)).isEqualTo(1);
            put("latest.pgm", 2, 9);
            assertThat(grey(source)).isEqualTo(2);
        }
    }

    @Test
    void a_broken_picture_is_counted_and_the_next_one_is_taken() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
            Files.setLastModifiedTime(folder.resolve("a.png"), FileTime.from(START));
            put("b.pgm", 5, 5);

            assertThatThrownBy(source::next)
                    .isInstanceOf(SourceStalledException.class)
                    .hasMessageContaining("a picture cannot be used")
                    .hasMessageContaining("a.png");
            assertThat(grey(source)).isEqualTo(5);
            assertThat(source.unusable()).isEqualTo(1);
            assertThat(source.dropped()).isZero();
        }
    }

    @Test
    void beyond_the_backlog_the_oldest_are_passed_over_and_counted() throws Exception {
        try (WatchedFolder source = watching(false, 2)) {
            for (int i = 1; i <= 5; i++) {
                put(i + ".pgm", i, i);
            }
            assertThat(grey(source)).isEqualTo(4);
            assertThat(grey(source)).isEqualTo(5);
            assertThat(source.dropped()).isEqualTo(3);
        }
    }

    @Test
    void taken_and_passed_over_pictures_are_deleted_when_that_is_wanted() throws Exception {
        try (WatchedFolder source = watching(true, 1)) {
            put("1.pgm", 1, 1);
            put("2.pgm", 2, 2);
            Files.writeString(folder.resolve("notes.txt"), "not ours");
            assertThat(grey(source)).isEqualTo(2);
            try (var left = Files.list(folder)) {
                assertThat(left).containsExactly(folder.resolve("notes.txt"));
            }
        }
    }

    @Test
    void a_folder_that_goes_away_is_a_stall_and_goes_on_when_it_is_back() throws Exception {
        try (WatchedFolder source = watching(false, 100)) {
            Files.delete(folder);
            assertThatThrownBy(source::next)
                    .isInstanceOf(SourceStalledException.class)
                    .hasMessageContaining("cannot be read");
            Files.createDirectory(folder);
            put("a.pgm", 4, 4);
            assertThat(grey(source)).isEqualTo(4);
        }
    }

    @Test
    void a_spoiled_bookmark_is_as_none() throws Exception {
        Files.createDirectories(temp.resolve("sources"));
        Files.writeString(temp.resolve("sources/faces"), "yesterday\nb.pgm\n");
        put("a.pgm", 1, 1);
        try (WatchedFolder source = watching(false, 100)) {
            put("b.pgm", 2, 2);
            assertThat(grey(source)).isEqualTo(2);
        }
    }
}
