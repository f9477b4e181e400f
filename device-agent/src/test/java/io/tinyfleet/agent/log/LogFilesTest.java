package io.tinyfleet.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFilesTest {
    private static final String TIME = "2026-03-01T12:00:00Z";

    @TempDir
    Path folder;

    private List<String> all() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path file : LogFiles.files(folder.resolve("log"))) {
            lines.addAll(Files.readAllLines(file));
        }
        return lines;
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (Path file : LogFiles.files(folder.resolve("log"))) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    @Test
    void all_files_together_never_exceed_their_limit_and_hold_the_newest_lines_in_order() throws Exception {
        try (LogFiles log = LogFiles.open(folder.resolve("log"), 4000)) {
            for (int i = 0; i < 1000; i++) {
                log.write(TIME, "line " + i);
                assertThat(bytes()).isLessThanOrEqualTo(4000);
            }
        }

        List<String> lines = all();
        assertThat(lines).last().isEqualTo("line 999");
        assertThat(lines).hasSizeGreaterThan(200);
        int first = Integer.parseInt(lines.get(0).substring(5));
        assertThat(lines)
                .containsExactlyElementsOf(java.util.stream.IntStream.range(first, 1000)
                        .mapToObj(i -> "line " + i)
                        .toList());
    }

    @Test
    void another_run_goes_on_where_the_last_one_stopped() throws Exception {
        for (int run = 1; run <= 2; run++) {
            try (LogFiles log = LogFiles.open(folder.resolve("log"), 4000)) {
                log.write(TIME, "run " + run);
            }
        }

        assertThat(all()).containsExactly("run 1", "run 2");
    }

    @Test
    void a_disk_that_takes_nothing_costs_lines_and_says_how_many_once_it_takes_them_again() throws Exception {
        Path log = folder.resolve("log");
        Files.createFile(log);
        try (LogFiles files = LogFiles.open(log, 4000)) {
            files.write(TIME, "first");
            files.write(TIME, "second");
            Files.delete(log);
            files.write(TIME, "third");
        }

        assertThat(all()).containsExactly(TIME + " WARN log lines-lost count=2", "third");
    }

    @Test
    void a_folder_that_is_taken_away_while_the_log_is_open_ends_nothing() throws Exception {
        try (LogFiles files = LogFiles.open(folder.resolve("log"), 400)) {
            files.write(TIME, "x".repeat(90));
            Files.delete(folder.resolve("log/agent.log"));
            Files.delete(folder.resolve("log"));
            for (int i = 0; i < 5; i++) {
                files.write(TIME, "y".repeat(90));
            }
        }

        assertThat(all()).last().isEqualTo("y".repeat(90));
    }
}
