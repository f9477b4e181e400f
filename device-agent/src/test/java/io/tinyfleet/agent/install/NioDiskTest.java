package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real disk keeps the contract. */
class NioDiskTest extends DiskContract {
    @TempDir
    Path folder;

    @Override
    Disk disk() {
        return new NioDisk();
    }

    @Override
    Path folder() {
        return folder;
    }

    @Test
    void files_are_for_their_owner_alone() throws IOException {
        disk().writeAtomic(folder.resolve("secret"), new byte[] {1});

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("secret"))))
                .isEqualTo("rw-------");
    }
}
