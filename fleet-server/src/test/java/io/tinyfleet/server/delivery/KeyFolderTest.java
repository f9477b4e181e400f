package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.trust.Roots.RoleSigners;
import io.tinyfleet.protocol.trust.SigningKey;
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
        RoleSigners made = new KeyFolder(folder).makeKeys();

        assertThat(new KeyFolder(folder).makeKeys().director().keyId())
                .isEqualTo(made.director().keyId());
        assertThat(made.root().keyId()).isNotEqualTo(made.release().keyId());
        for (String role : new String[] {"root", "release", "director", "heads"}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(role + ".pem"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void a_first_start_that_was_cut_off_is_finished() throws IOException {
        RoleSigners made = new KeyFolder(folder).makeKeys();
        Files.delete(folder.resolve("heads.pem"));

        assertThat(new KeyFolder(folder).makeKeys().root().keyId())
                .isEqualTo(made.root().keyId());
    }

    @Test
    void every_key_file_counts_whatever_its_name() throws IOException {
        KeyFolder keys = new KeyFolder(folder);
        keys.makeKeys();
        SigningKey next = SigningKey.generate();
        next.writePem(folder.resolve("director-2.pem"));
        Files.write(folder.resolve(".half.pem"), new byte[] {1});

        assertThat(keys.keys().keys()).hasSize(5).anyMatch(key -> java.util.Arrays.equals(key.keyId(), next.keyId()));
    }

    @Test
    void the_roots_before_are_kept_for_devices_that_were_away() throws IOException {
        KeyFolder keys = new KeyFolder(folder);
        keys.writeRoot(1, new byte[] {1});
        keys.writeRoot(2, new byte[] {2});

        assertThat(keys.root(1)).contains(new byte[] {1});
        assertThat(keys.root(3)).isEmpty();
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
