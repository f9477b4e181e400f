package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.trust.Roots.RoleSigners;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFolderTest {
    @TempDir
    Path folder;

    @Test
    void keys_are_made_once_for_their_owner_only() throws IOException {
        RoleSigners made = new KeyFolder(folder).keys();

        assertThat(new KeyFolder(folder).keys().director().keyId())
                .isEqualTo(made.director().keyId());
        assertThat(made.root().keyId()).isNotEqualTo(made.release().keyId());
        for (String role : new String[] {"root", "release", "director", "heads"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(role + ".pem"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void a_first_start_that_was_cut_off_is_finished() throws IOException {
        RoleSigners made = new KeyFolder(folder).keys();
        Files.delete(folder.resolve("heads.pem"));

        assertThat(new KeyFolder(folder).keys().root().keyId())
                .isEqualTo(made.root().keyId());
    }

    @Test
    void a_key_that_devices_trust_is_never_replaced() throws IOException {
        KeyFolder keys = new KeyFolder(folder);
        keys.keys();
        keys.writeRoot(1, new byte[] {1});
        Files.delete(folder.resolve("director.pem"));

        assertThatThrownBy(() -> new KeyFolder(folder).keys())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("director.pem")
                .hasMessageContaining("restore it from a backup");
        assertThat(folder.resolve("director.pem")).doesNotExist();
    }

    @Test
    void the_newest_root_is_read() throws IOException {
        KeyFolder keys = new KeyFolder(folder);
        assertThat(keys.newestRoot()).isEmpty();

        keys.writeRoot(9, new byte[] {9});
        keys.writeRoot(10, new byte[] {10});
        Files.write(folder.resolve("root-11.dsse.part"), new byte[] {11});

        assertThat(keys.newestRoot()).contains(new byte[] {10});
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("root-10.dsse"))))
                .isEqualTo("rw-------");
    }
}
