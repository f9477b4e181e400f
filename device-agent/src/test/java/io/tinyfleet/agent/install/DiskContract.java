package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The lying disk and the real one promise the same while nobody cuts the power. */
abstract class DiskContract {
    abstract Disk disk();

    abstract Path folder();

    private Path file() {
        return folder().resolve("file");
    }

    @Test
    void an_absent_file_is_absent() throws IOException {
        assertThat(disk().read(file())).isEmpty();
        assertThat(disk().size(file())).isEqualTo(-1);
        assertThat(disk().list(folder().resolve("none"))).isEmpty();
        assertThatThrownBy(() -> disk().read(file(), 0, 1)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void writing_in_place_leaves_the_rest() throws IOException {
        disk().write(file(), 0, new byte[] {1, 2, 3, 4});
        disk().write(file(), 1, new byte[] {9});
        disk().write(file(), 6, new byte[] {7});

        assertThat(disk().read(file()).orElseThrow()).containsExactly(1, 9, 3, 4, 0, 0, 7);
        assertThat(disk().read(file(), 5, 10)).containsExactly(0, 7);
        assertThat(disk().read(file(), 50, 10)).isEmpty();
    }

    @Test
    void an_atomic_write_replaces_all_and_leaves_nothing_beside() throws IOException {
        disk().writeAtomic(file(), new byte[] {1, 2, 3});
        disk().writeAtomic(file(), new byte[] {4});

        assertThat(disk().read(file()).orElseThrow()).containsExactly(4);
        assertThat(disk().list(folder())).containsExactly(file());
    }

    @Test
    void truncating_deleting_and_moving() throws IOException {
        disk().write(file(), 0, new byte[] {1, 2, 3});
        disk().truncate(file(), 1);
        disk().flush(file());
        disk().moveAtomically(file(), folder().resolve("other"));
        disk().delete(file());
        disk().flushDirectory(folder());

        assertThat(disk().size(folder().resolve("other"))).isEqualTo(1);
        assertThat(disk().size(file())).isEqualTo(-1);
    }
}
