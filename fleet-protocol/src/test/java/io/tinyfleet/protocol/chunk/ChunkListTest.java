package io.tinyfleet.protocol.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkListTest {
    private static final int CHUNK = 1000;

    @Test
    void chunks_cover_the_blob_without_gap_and_match_only_in_their_place() throws Exception {
        for (int size : new int[] {1, 999, 1000, 1001, 2500, 3000}) {
            byte[] blob = blob(size);
            ChunkList list = ChunkList.of(new ByteArrayInputStream(blob), CHUNK);
            long covered = 0;
            for (int i = 0; i < list.count(); i++) {
                assertThat(list.offsetOf(i)).isEqualTo(covered);
                byte[] chunk = Arrays.copyOfRange(blob, (int) covered, (int) covered + list.lengthOf(i));
                assertThat(list.matches(i, chunk)).isTrue();
                assertThat(list.matches(i + 1, chunk)).isFalse();
                covered += list.lengthOf(i);
            }
            assertThat(covered).isEqualTo(size).isEqualTo(list.blobSize());
        }
    }

    @Test
    void a_poisoned_chunk_does_not_match() throws Exception {
        byte[] blob = blob(2500);
        ChunkList list = ChunkList.of(new ByteArrayInputStream(blob), CHUNK);
        for (int bit = 0; bit < 8; bit++) {
            byte[] poisoned = Arrays.copyOf(blob, CHUNK);
            poisoned[500] ^= (byte) (1 << bit);
            assertThat(list.matches(0, poisoned)).isFalse();
        }
    }

    @Test
    void a_chunk_of_wrong_index_or_length_does_not_match() throws Exception {
        byte[] blob = blob(2500);
        ChunkList list = ChunkList.of(new ByteArrayInputStream(blob), CHUNK);
        byte[] first = Arrays.copyOf(blob, CHUNK);
        for (int index : new int[] {1, 2, 3, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThat(list.matches(index, first)).isFalse();
        }
        assertThat(list.matches(0, Arrays.copyOf(blob, CHUNK - 1))).isFalse();
        assertThat(list.matches(0, Arrays.copyOf(blob, CHUNK + 1))).isFalse();
        assertThat(list.matches(2, Arrays.copyOfRange(blob, 2000, 3000))).isFalse();
        assertThat(list.matches(0, new byte[0])).isFalse();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> list.lengthOf(3));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> list.offsetOf(-1));
    }

    @Test
    void a_list_reads_back_from_its_bytes(@TempDir Path folder) throws Exception {
        byte[] blob = blob(2 * Limits.CHUNK_BYTES + 7);
        Path file = Files.write(folder.resolve("blob"), blob);
        ChunkList made = ChunkList.of(file, Limits.CHUNK_BYTES);
        ChunkList read = ChunkList.parse(made.toByteArray(), blob.length, Limits.CHUNK_BYTES);
        assertThat(made.toByteArray()).hasSize(3 * Digest.BYTES);
        assertThat(read.count()).isEqualTo(3);
        assertThat(read.lengthOf(2)).isEqualTo(7);
        assertThat(read.digestOf(1))
                .isEqualTo(Digest.of(Arrays.copyOfRange(blob, Limits.CHUNK_BYTES, 2 * Limits.CHUNK_BYTES)));
    }

    @Test
    void a_list_whose_length_is_not_that_of_its_blob_is_refused() {
        for (int bytes : new int[] {0, 31, 32, 63, 65, 96}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ChunkList.parse(new byte[bytes], 1001, CHUNK))
                    .withMessageContaining("2 chunks");
        }
        for (long size : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatIllegalArgumentException().isThrownBy(() -> ChunkList.parse(new byte[64], size, CHUNK));
        }
        for (int chunk : new int[] {0, -1, Limits.CHUNK_BYTES + 1}) {
            assertThatIllegalArgumentException().isThrownBy(() -> ChunkList.parse(new byte[64], 1001, chunk));
        }
    }

    @Test
    void an_endless_list_is_refused() {
        byte[] endless = new byte[Limits.MAX_CHUNK_LIST_BYTES + Digest.BYTES];
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChunkList.parse(endless, endless.length / 32, 1))
                .withMessageContaining("at most 4194304 bytes");
        assertThatIllegalArgumentException().isThrownBy(() -> ChunkList.of(InputStream.nullInputStream(), CHUNK));
    }

    @Test
    void cutting_an_endless_stream_stops_at_the_limit() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                return length;
            }
        };
        assertThatIllegalArgumentException().isThrownBy(() -> ChunkList.of(endless, 16));
    }

    private static byte[] blob(int size) {
        byte[] blob = new byte[size];
        new Random(size).nextBytes(blob);
        return blob;
    }
}
