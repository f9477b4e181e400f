package io.tinyfleet.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestTest {
    /** FIPS 180-2, appendix B.1. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void it_is_sha_256() {
        assertThat(Digest.of(ascii("abc")).hex()).isEqualTo(ABC);
        assertThat(Digest.of(ascii("abc")).shortHex()).isEqualTo("ba7816bf8f01");
    }

    @Test
    void pieces_and_files_give_the_same_as_the_whole(@TempDir Path folder) throws Exception {
        byte[] content = new byte[200_000];
        Path file = Files.write(folder.resolve("content"), content);
        Digest.Hasher hasher = Digest.hasher();
        hasher.update(content, 0, 1).update(content, 1, content.length - 1);
        assertThat(hasher.digest()).isEqualTo(Digest.of(content)).isEqualTo(Digest.ofFile(file));
    }

    @Test
    void every_form_reads_back() {
        Digest digest = Digest.of(ascii("abc"));
        assertThat(Digest.parse(digest.hex())).isEqualTo(digest).hasSameHashCodeAs(digest);
        assertThat(Digest.fromBytes(digest.toBytes())).isEqualTo(digest);
        assertThat(Digest.fromBytes(digest.toByteArray())).isEqualTo(digest);
        assertThat(digest).isNotEqualTo(Digest.of(ascii("abd"))).hasToString(ABC);
    }

    @Test
    void other_lengths_and_spellings_are_refused() {
        for (String hex :
                List.of("", ABC.substring(1), ABC + "0", ABC.toUpperCase(java.util.Locale.ROOT), "../" + ABC)) {
            assertThatIllegalArgumentException().isThrownBy(() -> Digest.parse(hex));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> Digest.fromBytes(new byte[31]));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Digest.fromBytes(com.google.protobuf.ByteString.copyFrom(new byte[33])));
    }

    @Test
    void a_digest_cannot_be_changed_from_outside() {
        byte[] bytes = Digest.of(ascii("abc")).toByteArray();
        Digest digest = Digest.fromBytes(bytes);
        bytes[0] = 0;
        digest.toByteArray()[1] = 0;
        assertThat(digest.hex()).isEqualTo(ABC);
    }

    @Test
    void its_topic_level_has_22_characters_without_separators() {
        assertThat(Digest.of(ascii("abc")).blob22()).isEqualTo("ungWv48Bz-pBQUDeXa4iIw");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
