package io.tinyfleet.protocol.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeyTest {
    private static final byte[] MESSAGE = {1, 2, 3};

    @TempDir
    Path folder;

    @Test
    void a_key_survives_its_file_and_only_its_owner_may_read_it() throws Exception {
        SigningKey key = SigningKey.generate();
        Path file = folder.resolve("keys/director.pem");
        key.writePem(file);
        SigningKey read = SigningKey.readPem(file);
        assertThat(read.spki()).isEqualTo(key.spki());
        assertThat(read.sign(MESSAGE)).isEqualTo(key.sign(MESSAGE));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void a_key_is_never_written_over() throws Exception {
        Path file = folder.resolve("root.pem");
        SigningKey.generate().writePem(file);
        byte[] before = Files.readAllBytes(file);
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> SigningKey.generate().writePem(file));
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
    }

    @Test
    void halves_of_two_keys_are_refused() throws Exception {
        SigningKey.generate().writePem(folder.resolve("a.pem"));
        SigningKey.generate().writePem(folder.resolve("b.pem"));
        String a = Files.readString(folder.resolve("a.pem"));
        String b = Files.readString(folder.resolve("b.pem"));
        Path mixed = Files.writeString(
                folder.resolve("mixed.pem"),
                a.substring(0, a.indexOf("-----BEGIN PUBLIC")) + b.substring(b.indexOf("-----BEGIN PUBLIC")));
        assertThatIOException()
                .isThrownBy(() -> SigningKey.readPem(mixed))
                .withMessageContaining("do not belong together");
    }

    @Test
    void a_file_that_is_no_key_is_refused_with_its_path_and_without_its_content() throws Exception {
        SigningKey.generate().writePem(folder.resolve("key.pem"));
        String pem = Files.readString(folder.resolve("key.pem"));
        for (String text : new String[] {
            "", "secret words", pem.replace("PRIVATE", "WRONG"), pem.replaceAll("MC4CAQ", "MC4CAg"), "x".repeat(5000)
        }) {
            Path file = Files.writeString(folder.resolve("bad.pem"), text);
            assertThatIOException()
                    .isThrownBy(() -> SigningKey.readPem(file))
                    .withMessageContaining("bad.pem")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret words"));
        }
    }

    @Test
    void a_key_tells_its_id_and_nothing_more() {
        SigningKey key = SigningKey.generate();
        assertThat(key.toString()).matches("SigningKey [0-9a-f]{32}");
        assertThat(key.keyId())
                .isEqualTo(Arrays.copyOf(
                        io.tinyfleet.protocol.Digest.of(key.spki()).toByteArray(), 16));
    }

    @Test
    void a_second_spelling_of_a_key_is_refused() {
        byte[] spki = SigningKey.generate().spki();
        byte[] padded = Arrays.copyOf(spki, spki.length + 1);
        byte[] longLength = DsseTest.hex("30812a300506032b6570032100" + "00".repeat(31));
        byte[] otherAlgorithm = spki.clone();
        otherAlgorithm[8] = 0x71; // Ed448
        // y = prime + 1 is the same point as y = 1.
        byte[] aboveThePrime = DsseTest.hex("302a300506032b6570032100" + "ee" + "ff".repeat(30) + "7f");
        for (byte[] spelling : new byte[][] {new byte[0], padded, longLength, otherAlgorithm, aboveThePrime}) {
            assertThatExceptionOfType(TrustException.class)
                    .isThrownBy(() -> PublicKeys.requireUsable(spelling))
                    .satisfies(e -> assertThat(e.code()).isEqualTo("unusable-key"));
        }
    }
}
