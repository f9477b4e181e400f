package io.tinyfleet.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final EventLog log = new EventLog(
            "link",
            new PrintStream(out, true, StandardCharsets.UTF_8),
            InstantSource.fixed(Instant.parse("2026-03-01T12:00:00.123456Z")));

    private String written() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void one_event_is_one_line_of_keys() {
        log.info("connected", "url", "tcp://127.0.0.1:1883", "window", 16);

        assertThat(written())
                .isEqualTo("2026-03-01T12:00:00.123Z INFO link connected url=tcp://127.0.0.1:1883 window=16"
                        + System.lineSeparator());
    }

    @Test
    void values_from_outside_cannot_make_lines_or_keys_of_their_own() {
        log.warn("refused", "reason", "a\nFORGED level=\"INFO\" \u001b[31m");

        assertThat(written().lines()).hasSize(1);
        assertThat(written()).contains("reason=\"a FORGED level=\\\"INFO\\\"  [31m\"");
    }

    @Test
    void long_values_are_cut() {
        log.warn("refused", "reason", "x".repeat(10_000));

        assertThat(written().length()).isLessThan(500);
    }

    @Test
    void an_absent_value_is_said_to_be_null() {
        log.warn("refused", "reason", (Object) null);

        assertThat(written()).contains("reason=null");
    }

    @Test
    void bugs_come_with_their_stack() {
        log.error("broke", new IllegalStateException("why"));

        assertThat(written()).contains("ERROR link broke").contains("EventLogTest.bugs_come_with_their_stack");
    }
}
