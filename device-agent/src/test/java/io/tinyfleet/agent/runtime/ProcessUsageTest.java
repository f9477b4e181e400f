package io.tinyfleet.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.board.SysRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessUsageTest {

    private static final String STAT = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9 0 1 2 3";
    private static final String STATUS = "Name:\tjava\nVmHWM:\t   90000 kB\nVmRSS:\t   80000 kB\n";

    @TempDir
    Path root;

    @Test
    void cpu_time_is_user_and_system_whatever_the_command_is_called() throws IOException {
        given(STAT, STATUS);
        WorkerStats stats = new ProcessUsage(new SysRoot(root), 42).read().orElseThrow();
        assertThat(stats).isEqualTo(new WorkerStats(Duration.ofSeconds(3), 80_000L * 1024, 90_000L * 1024));
    }

    @Test
    void a_process_that_is_gone_has_no_usage() {
        assertThat(new ProcessUsage(new SysRoot(root), 42).read()).isEmpty();
    }

    @Test
    void a_file_that_makes_no_sense_gives_no_number() throws IOException {
        for (String stat : new String[] {"", "42 (java", "42 (java) S 1 2", STAT.replace("250", "many")}) {
            given(stat, STATUS);
            assertThat(new ProcessUsage(new SysRoot(root), 42).read()).isEmpty();
        }
        assertThat(ProcessUsage.parseKilobytes("VmHWM:\t lots kB\n", "VmHWM:")).isZero();
        assertThat(ProcessUsage.parseKilobytes("VmHWM:\t" + "9".repeat(30) + " kB\n", "VmHWM:"))
                .isZero();
        assertThat(ProcessUsage.parseKilobytes("State:\tZ\n", "VmHWM:")).isZero();
    }

    private void given(String stat, String status) throws IOException {
        Path folder = Files.createDirectories(root.resolve("proc/42"));
        Files.writeString(folder.resolve("stat"), stat);
        Files.writeString(folder.resolve("status"), status);
    }
}
