package io.tinyfleet.registry.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every blob store keeps to. */
abstract class BlobStoreContract {
    static final long NO_LIMIT = Long.MAX_VALUE;

    /** The same store at each call within one test. */
    abstract BlobStore store() throws IOException;

    @Test
    void what_is_put_is_found_by_its_digest() throws Exception {
        byte[] content = content(200_000);
        Stored stored = store().put(new ByteArrayInputStream(content), NO_LIMIT);
        assertThat(stored).isEqualTo(new Stored(Digest.of(content), 200_000, true));
        BlobHandle blob = store().find(Digest.of(content)).orElseThrow();
        assertThat(blob.digest()).isEqualTo(Digest.of(content));
        assertThat(blob.size()).isEqualTo(200_000);
        try (InputStream in = blob.open()) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void what_was_not_put_is_not_found() throws Exception {
        assertThat(store().find(Digest.of(content(3)))).isEmpty();
    }

    @Test
    void the_same_content_twice_is_one_blob() throws Exception {
        store().put(new ByteArrayInputStream(content(1000)), NO_LIMIT);
        Stored again = store().put(new ByteArrayInputStream(content(1000)), NO_LIMIT);
        assertThat(again).isEqualTo(new Stored(Digest.of(content(1000)), 1000, false));
    }

    @Test
    void a_piece_can_be_read_from_anywhere_and_ends_with_the_blob() throws Exception {
        byte[] content = content(100_000);
        Digest digest = store().put(new ByteArrayInputStream(content), NO_LIMIT).digest();
        BlobHandle blob = store().find(digest).orElseThrow();
        assertThat(blob.read(0, 10)).isEqualTo(Arrays.copyOf(content, 10));
        assertThat(blob.read(49_152, 49_152)).isEqualTo(Arrays.copyOfRange(content, 49_152, 98_304));
        assertThat(blob.read(98_304, 49_152)).isEqualTo(Arrays.copyOfRange(content, 98_304, 100_000));
        assertThat(blob.read(100_000, 5)).isEmpty();
        assertThat(blob.read(7, 0)).isEmpty();
    }

    @Test
    void a_piece_outside_the_blob_is_refused() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        BlobHandle blob = store().find(digest).orElseThrow();
        for (long offset : new long[] {-1, 11, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> blob.read(offset, 1));
        }
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> blob.read(0, -1));
    }

    @Test
    void content_up_to_the_limit_is_taken_and_one_byte_more_is_not() throws Exception {
        store().put(new ByteArrayInputStream(content(1000)), 1000);
        assertThatExceptionOfType(BlobTooLargeException.class)
                .isThrownBy(() -> store().put(new ByteArrayInputStream(content(1001)), 1000))
                .satisfies(e -> assertThat(e.maxBytes()).isEqualTo(1000));
        assertThat(store().find(Digest.of(content(1001)))).isEmpty();
    }

    @Test
    void a_stream_that_breaks_leaves_nothing() throws Exception {
        InputStream breaking = new SequenceInputStream(new ByteArrayInputStream(content(100_000)), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return read();
            }
        });
        assertThatIOException()
                .isThrownBy(() -> store().put(breaking, NO_LIMIT))
                .withMessage("connection reset");
        assertThat(store().find(Digest.of(content(100_000)))).isEmpty();
    }

    @Test
    void an_empty_blob_is_a_blob() throws Exception {
        Stored stored = store().put(InputStream.nullInputStream(), 0);
        assertThat(store().find(stored.digest()).orElseThrow().size()).isZero();
    }

    @Test
    void many_may_put_the_same_content_at_once() throws Exception {
        byte[] content = content(500_000);
        BlobStore store = store();
        ExecutorService people = Executors.newFixedThreadPool(4);
        try {
            List<Future<Stored>> puts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                puts.add(people.submit(() -> store.put(new ByteArrayInputStream(content), NO_LIMIT)));
            }
            for (Future<Stored> put : puts) {
                assertThat(put.get().digest()).isEqualTo(Digest.of(content));
            }
        } finally {
            people.shutdownNow();
        }
        assertThat(store.find(Digest.of(content)).orElseThrow().read(0, content.length))
                .isEqualTo(content);
    }

    @Test
    void every_blob_is_told_of() throws Exception {
        Digest small =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        Digest large =
                store().put(new ByteArrayInputStream(content(2000)), NO_LIMIT).digest();
        List<StoredBlob> told = new ArrayList<>();
        store().forEach(told::add);
        assertThat(told).extracting(StoredBlob::digest).containsExactlyInAnyOrder(small, large);
        assertThat(told).extracting(StoredBlob::size).containsExactlyInAnyOrder(10L, 2000L);
    }

    @Test
    void a_blob_is_removed_only_if_it_is_older() throws Exception {
        Digest digest =
                store().put(new ByteArrayInputStream(content(10)), NO_LIMIT).digest();
        StoredBlob[] told = new StoredBlob[1];
        store().forEach(blob -> told[0] = blob);
        assertThat(store().deleteIfStoredBefore(digest, told[0].storedAt())).isFalse();
        assertThat(store().find(digest)).isPresent();
        assertThat(store().deleteIfStoredBefore(digest, told[0].storedAt().plusSeconds(60)))
                .isTrue();
        assertThat(store().find(digest)).isEmpty();
        assertThat(store().deleteIfStoredBefore(digest, told[0].storedAt().plusSeconds(60)))
                .isFalse();
    }

    /** Always the same for a size. */
    static byte[] content(int size) {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return content;
    }
}
