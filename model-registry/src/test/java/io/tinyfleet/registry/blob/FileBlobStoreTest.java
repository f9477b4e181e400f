package io.tinyfleet.registry.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileBlobStoreTest extends BlobStoreContract {
    @TempDir
    Path folder;

    @Override
    BlobStore store() throws IOException {
        return new FileBlobStore(folder);
    }

    @Test
    void a_blob_lies_where_its_digest_says_and_nothing_else_lies_there() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        store().put(new ByteArrayInputStream(content(10)), NO_LIMIT);
        assertThat(files())
                .containsExactly(
                        digest.hex().substring(0, 2) + "/" + digest.hex().substring(2));
    }

    @Test
    void a_refused_blob_leaves_no_file_at_all() throws Exception {
        assertThatIOException().isThrownBy(() -> store().put(new ByteArrayInputStream(content(200_000)), 100_000));
        assertThat(files()).isEmpty();
    }

    @Test
    void what_a_crash_left_half_written_is_cleared_at_the_start() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        Files.write(folder.resolve("incoming/put-123.part"), content(5000));
        BlobStore restarted = new FileBlobStore(folder);
        assertThat(files()).hasSize(1);
        assertThat(restarted.find(digest)).isPresent();
    }

    @Test
    void a_blob_that_became_shorter_is_an_error_and_not_a_short_answer() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        BlobHandle blob = store().find(digest).orElseThrow();
        Files.write(fileOf(digest), content(4));
        assertThatIOException().isThrownBy(() -> blob.read(0, 10)).isInstanceOf(EOFException.class);
    }

    @Test
    void putting_a_blob_again_heals_a_rotten_copy() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        Files.write(fileOf(digest), new byte[10]);
        store().put(new ByteArrayInputStream(content(10)), NO_LIMIT);
        assertThat(store().find(digest).orElseThrow().read(0, 10)).isEqualTo(content(10));
    }

    @Test
    void a_folder_in_the_place_of_a_blob_is_no_blob() throws Exception {
        Digest digest = Digest.of(content(10));
        Files.createDirectories(fileOf(digest));
        assertThat(store().find(digest)).isEmpty();
    }

    private Path fileOf(Digest digest) {
        return folder.resolve(digest.hex().substring(0, 2)).resolve(digest.hex().substring(2));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .toList();
        }
    }
}
