package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.agent.fixture.LyingDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordLogTest {
    private static final Path FILE = Path.of("/device/journal");
    private final LyingDisk disk = new LyingDisk();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<String> reopened() throws IOException {
        return RecordLog.open(disk, FILE).records().stream()
                .map(record -> new String(record, StandardCharsets.UTF_8))
                .toList();
    }

    private RecordLog withThree() throws IOException {
        RecordLog log = RecordLog.open(disk, FILE).log();
        for (String text : List.of("one", "two", "three")) {
            log.append(bytes(text));
        }
        log.flush();
        return log;
    }

    @Test
    void records_come_back_in_order() throws IOException {
        withThree();
        assertThat(reopened()).containsExactly("one", "two", "three");
    }

    @Test
    void a_tail_torn_at_any_byte_costs_only_the_last_record() throws IOException {
        long whole = withThree().bytes();
        for (long cut = whole - 1; cut > whole - 8 - bytes("three").length; cut--) {
            disk.truncate(FILE, cut);
            assertThat(reopened()).as("cut at byte %d", cut).containsExactly("one", "two");
            withThree();
            disk.truncate(FILE, 0);
            withThree();
        }
    }

    @Test
    void what_is_appended_after_a_torn_tail_is_read() throws IOException {
        long whole = withThree().bytes();
        disk.truncate(FILE, whole - 2);

        RecordLog.open(disk, FILE).log().append(bytes("four"));

        assertThat(reopened()).containsExactly("one", "two", "four");
    }

    @Test
    void a_spoiled_byte_ends_the_log_there() throws IOException {
        withThree();
        disk.spoil(FILE, 8 + 3 + 8);

        assertThat(reopened()).containsExactly("one");
    }

    @Test
    void a_tail_of_zeros_is_no_record() throws IOException {
        long whole = withThree().bytes();
        disk.write(FILE, whole, new byte[4096]);

        assertThat(reopened()).containsExactly("one", "two", "three");
    }

    @Test
    void a_huge_length_is_a_torn_tail_and_not_an_allocation() throws IOException {
        disk.write(FILE, 0, new byte[] {0x7f, -1, -1, -1, 0, 0, 0, 0, 1});

        assertThat(reopened()).isEmpty();
    }

    @Test
    void a_record_over_the_limit_is_refused() throws IOException {
        RecordLog log = RecordLog.open(disk, FILE).log();

        assertThatThrownBy(() -> log.append(new byte[RecordLog.MAX_RECORD_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 131072 bytes, got 131073");
    }

    @Test
    void a_cleared_log_is_empty_and_goes_on() throws IOException {
        RecordLog log = withThree();

        log.clear();
        log.append(bytes("again"));

        assertThat(reopened()).containsExactly("again");
    }
}
