package io.tinyfleet.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.agent.fixture.LyingDisk;
import io.tinyfleet.agent.fixture.SmallFleet;
import io.tinyfleet.agent.fixture.SmallFleet.Published;
import io.tinyfleet.agent.fixture.StoredZstd;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An encoding that does not lead to the signed file costs bytes and nothing else: the disk is clean, full is fetched. */
class DecodeAttackTest {
    private static final int MODEL_BYTES = 200_000;

    private final SmallFleet fleet = new SmallFleet();
    private final Published v1 = fleet.publishCompressible("1.0.0", MODEL_BYTES);
    private final Published v2 = fleet.publishRetrained("2.0.0", v1);
    private final LyingDisk disk = new LyingDisk();

    @BeforeEach
    void runV1() throws IOException {
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.start();
        rig.deliver(fleet.desired(fleet.offer(v1)));
        rig.serve(60);
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.HEALTHY);
    }

    private CorruptPatchException refusal(EncodingKind kind, byte[] blob, Digest base) throws IOException {
        Encoding encoding =
                fleet.encoding(kind, blob).setBaseSha256(base.toBytes()).build();
        return refusal(ModelStore.open(disk, Rig.HOME), encoding, blob);
    }

    private CorruptPatchException refusal(ModelStore store, Encoding encoding, byte[] blob) throws IOException {
        ChunkList chunks = ChunkList.of(new ByteArrayInputStream(blob), Limits.CHUNK_BYTES);
        Digest digest = Digest.of(blob);
        for (int i = 0; i < chunks.count(); i++) {
            byte[] chunk =
                    Arrays.copyOfRange(blob, (int) chunks.offsetOf(i), (int) chunks.offsetOf(i) + chunks.lengthOf(i));
            store.writeChunk(digest, i, chunks.offsetOf(i), chunk);
        }
        CorruptPatchException refused = catchThrowableOfType(
                CorruptPatchException.class, () -> store.decode(encoding, v2.artifact(), MODEL_BYTES));
        assertThat(refused).isNotNull();
        assertThat(disk.size(Rig.HOME.decoded(v2.artifact()))).isEqualTo(-1);
        assertThat(disk.size(Rig.HOME.part(digest))).isEqualTo(-1);
        assertThat(store.holds(v2.artifact())).isFalse();
        return refused;
    }

    @Test
    void a_delta_on_the_wrong_base() throws IOException {
        Published other = fleet.publish("3.0.0", MODEL_BYTES);
        byte[] patch = SmallFleet.patch(other.model(), v2.model());
        assertThat(refusal(EncodingKind.TD1, patch, v1.artifact()).reason()).isEqualTo(Reason.WRONG_BASE);
    }

    @Test
    void a_delta_on_a_base_that_has_rotted_since_it_was_hashed() throws IOException {
        byte[] patch = SmallFleet.patch(v1.model(), v2.model());
        Encoding encoding = fleet.encoding(EncodingKind.TD1, patch)
                .setBaseSha256(v1.artifact().toBytes())
                .build();
        ModelStore store = ModelStore.open(disk, Rig.HOME);
        assertThat(store.holds(v1.artifact())).isTrue();
        disk.write(Rig.HOME.model(v1.artifact()), 1000, new byte[] {(byte) ~v1.model()[1000]});
        assertThat(refusal(store, encoding, patch).reason()).isEqualTo(Reason.WRONG_BASE);
        assertThat(store.holds(v1.artifact())).isFalse();
    }

    @Test
    void a_delta_that_makes_another_file() throws IOException {
        Published other = fleet.publishRetrained("3.0.0", v1);
        byte[] patch = SmallFleet.patch(v1.model(), other.model());
        assertThat(refusal(EncodingKind.TD1, patch, v1.artifact()).reason()).isEqualTo(Reason.WRONG_RESULT);
    }

    @Test
    void a_poisoned_delta() throws IOException {
        byte[] patch = SmallFleet.patch(v1.model(), v2.model());
        patch[patch.length / 2] ^= 1;
        assertThat(refusal(EncodingKind.TD1, patch, v1.artifact())).isNotNull();
    }

    @Test
    void a_truncated_delta() throws IOException {
        byte[] patch = SmallFleet.patch(v1.model(), v2.model());
        byte[] cut = Arrays.copyOf(patch, patch.length - 100);
        assertThat(refusal(EncodingKind.TD1, cut, v1.artifact()).reason()).isEqualTo(Reason.TRUNCATED);
    }

    @Test
    void a_delta_that_is_a_bomb() throws IOException {
        byte[] patch = SmallFleet.patch(v1.model(), new byte[50 * MODEL_BYTES]);
        assertThat(refusal(EncodingKind.TD1, patch, v1.artifact()).reason()).isEqualTo(Reason.TARGET_TOO_LARGE);
    }

    @Test
    void a_compressed_bomb_that_says_so() throws IOException {
        byte[] bomb = StoredZstd.frame(new byte[50 * MODEL_BYTES]);
        assertThat(refusal(EncodingKind.ZSTD, bomb, v1.artifact()).reason()).isEqualTo(Reason.TARGET_TOO_LARGE);
    }

    @Test
    void a_compressed_bomb_that_lies() throws IOException {
        byte[] bomb = StoredZstd.frame(new byte[50 * MODEL_BYTES], MODEL_BYTES, 10 << 3);
        assertThat(refusal(EncodingKind.ZSTD, bomb, v1.artifact()).reason()).isIn(Reason.BEYOND_TARGET, Reason.DAMAGED);
    }

    @Test
    void a_compressed_file_that_asks_for_a_large_window() throws IOException {
        byte[] greedy = StoredZstd.frame(v2.model(), MODEL_BYTES, 17 << 3);
        assertThat(refusal(EncodingKind.ZSTD, greedy, v1.artifact()).reason()).isEqualTo(Reason.WINDOW_TOO_LARGE);
    }

    @Test
    void a_truncated_or_damaged_compressed_file() throws IOException {
        byte[] frame = StoredZstd.frame(v2.model());
        assertThat(refusal(EncodingKind.ZSTD, Arrays.copyOf(frame, frame.length / 2), v1.artifact()))
                .isNotNull();
        byte[] damaged = frame.clone();
        damaged[10] |= 6;
        assertThat(refusal(EncodingKind.ZSTD, damaged, v1.artifact())).isNotNull();
        assertThat(refusal(EncodingKind.ZSTD, v2.model(), v1.artifact()).reason())
                .isEqualTo(Reason.NOT_ZSTD);
    }

    @Test
    void a_device_goes_on_with_the_full_file() throws IOException {
        Published other = fleet.publishRetrained("3.0.0", v1);
        Encoding lie = fleet.encoding(EncodingKind.TD1, SmallFleet.patch(v1.model(), other.model()))
                .setBaseSha256(v1.artifact().toBytes())
                .build();
        Rig rig = new Rig(disk, fleet, Rig.nothingSent());
        rig.start();
        rig.deliver(fleet.desired(fleet.offer(v2).addEncodings(lie)));
        rig.serve(60);
        assertThat(rig.slot().install().phase()).isEqualTo(Phase.HEALTHY);
        assertThat(rig.loaded).isEqualTo(v2.artifact());
        assertThat(rig.slot().install().counters().encoding()).isEqualTo(EncodingKind.IDENTITY);
        assertThat(rig.slot().install().counters().bytesOnWire())
                .isEqualTo(MODEL_BYTES + lie.getBlob().getSize());
    }
}
