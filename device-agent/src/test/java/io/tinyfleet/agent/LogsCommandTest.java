package io.tinyfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.install.AgentHome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsCommandTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws Exception {
        Files.createDirectories(folder.resolve("log"));
        Files.writeString(
                folder.resolve("log/agent.log.1"),
                "2026-03-01T09:00:00.000Z INFO link connected url=ssl://x\n"
                        + "2026-03-01T10:59:00.000Z ERROR agent agent-broke\n"
                        + "java.lang.IllegalStateException: bug\n\tat somewhere\n");
        Files.writeString(
                folder.resolve("log/agent.log"),
                "2026-03-01T11:30:00.000Z WARN link not-connected reason=\"nothing answers\"\n"
                        + "2026-03-01T11:59:59.000Z DEBUG uplink not-sent\n");
    }

    private List<String> logs(String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("logs", "--home", folder.toString()));
        words.addAll(List.of(options));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LogsCommand.of(
                        CommandLine.parse(words.toArray(String[]::new)),
                        new AgentHome(folder),
                        NOW,
                        new PrintStream(out, true, StandardCharsets.UTF_8))
                .print();
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void all_files_are_read_oldest_first() throws Exception {
        assertThat(logs()).hasSize(6).first().asString().contains("09:00:00");
    }

    @Test
    void a_level_shows_that_and_worse_with_the_trace_that_belongs_to_it() throws Exception {
        assertThat(logs("--level", "warn"))
                .hasSize(4)
                .anyMatch(line -> line.contains("\tat somewhere"))
                .noneMatch(line -> line.contains("connected url"));
    }

    @Test
    void since_takes_a_time_or_how_long_ago() throws Exception {
        assertThat(logs("--since", "45m")).hasSize(2);
        assertThat(logs("--since", "2026-03-01T11:59:00Z")).hasSize(1);
    }

    @Test
    void the_last_lines_are_shown_when_their_number_is_given() throws Exception {
        assertThat(logs("--lines", "1")).singleElement().asString().contains("not-sent");
    }

    @Test
    void what_is_no_level_time_or_number_is_refused_with_what_is_allowed() {
        assertThatThrownBy(() -> logs("--level", "loud")).hasMessageContaining("debug, info, warn or error");
        assertThatThrownBy(() -> logs("--since", "yesterday")).hasMessageContaining("90m, 2h or 3d ago, got yesterday");
        assertThatThrownBy(() -> logs("--lines", "0")).hasMessageContaining("1..100000, got 0");
        assertThatThrownBy(() -> logs("--tail"))
                .hasMessageContaining("there is no option --tail")
                .hasMessageContaining("--follow");
        assertThatThrownBy(() -> logs("--level")).hasMessageContaining("--level needs a value");
    }
}
