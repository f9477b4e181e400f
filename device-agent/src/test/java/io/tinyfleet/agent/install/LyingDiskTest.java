package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.agent.fixture.LyingDisk;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The disk of the power-cut tests keeps the contract, and loses what it may. */
class LyingDiskTest extends DiskContract {
    private final LyingDisk disk = new LyingDisk();

    @Override
    Disk disk() {
        return disk;
    }

    @Override
    Path folder() {
        return Path.of("/device");
    }

    @Test
    void what_was_not_flushed_is_gone_after_a_power_cut() throws IOException {
        disk.writeAtomic(folder().resolve("kept"), new byte[] {1});
        disk.write(folder().resolve("lost"), 0, new byte[] {2});

        disk.losePower();

        assertThat(disk.list(folder())).containsExactly(folder().resolve("kept"));
    }
}
