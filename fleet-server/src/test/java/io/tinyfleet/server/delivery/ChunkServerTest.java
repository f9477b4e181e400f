package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.InboundMessage;
import io.tinyfleet.server.mqtt.MqttUnavailableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkServerTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final DeviceId DEVICE = new DeviceId("pi-1");
    private static final int BLOB_BYTES = 9 * Limits.CHUNK_BYTES + 7;

    private record Published(String topic, Chunk chunk, Delivery delivery) {}

    @TempDir
    Path folder;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Published> published = new ArrayList<>();
    private final List<BitSet> shared = new ArrayList<>();
    private boolean offered = true;
    private Optional<BlobLink> link = Optional.empty();
    private final OtherWays otherWays = new OtherWays() {
        @Override
        public boolean share(DeviceId device, Digest blob, BitSet missing) {
            shared.add(missing);
            return offered;
        }

        @Override
        public Optional<BlobLink> findLink(DeviceId device, Digest blob) {
            return link;
        }
    };
    private CompletionStage<Void> answer = CompletableFuture.completedFuture(null);
    private FileBlobStore blobs;
    private byte[] content = new byte[0];

    @BeforeEach
    void a_blob_of_ten_chunks() throws IOException {
        blobs = new FileBlobStore(folder);
        content = new byte[BLOB_BYTES];
        new Random(7).nextBytes(content);
        blobs.put(new ByteArrayInputStream(content), BLOB_BYTES);
    }

    @Test
    void chunks_come_from_the_blob_to_that_device_alone() {
        server(32).handle(List.of(need(8, 8, 2, NOW)));

        assertThat(published).extracting(Published::topic).containsOnly("fleet/v1/d/pi-1/in/blob");
        assertThat(published).extracting(Published::delivery).containsOnly(Delivery.AT_MOST_ONCE);
        assertThat(published).extracting(p -> p.chunk().getIndex()).containsExactly(8, 9);
        assertThat(published.get(0).chunk().getData().size()).isEqualTo(Limits.CHUNK_BYTES);
        assertThat(published.get(1).chunk().getData().toByteArray())
                .isEqualTo(java.util.Arrays.copyOfRange(content, 9 * Limits.CHUNK_BYTES, BLOB_BYTES));
        assertThat(published.get(1).chunk().getBlobSize()).isEqualTo(BLOB_BYTES);
        assertThat(count("tinyfleet.delivery.chunks")).isEqualTo(2);
        assertThat(count("tinyfleet.delivery.chunk.bytes")).isEqualTo(Limits.CHUNK_BYTES + 7);
    }

    @Test
    void a_full_chunk_fits_a_message() {
        server(32).handle(List.of(need(1, 0, 1, NOW)));

        assertThat(published.get(0).chunk().getSerializedSize()).isLessThanOrEqualTo(Limits.MAX_MESSAGE_BYTES);
    }

    @Test
    void an_expired_need_is_dropped() {
        server(32).handle(List.of(need(8, 0, 8, NOW.minusSeconds(31)), need(8, 0, 1, NOW.minusSeconds(30))));

        assertThat(published).hasSize(1);
        assertThat(meters.counter("tinyfleet.delivery.needs.dropped", "reason", "expired")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void no_more_chunks_than_allowed_wait_for_the_broker() {
        answer = new CompletableFuture<>();

        server(3).handle(List.of(need(8, 0, 8, NOW)));

        assertThat(published).hasSize(3);
        assertThat(meters.counter("tinyfleet.delivery.needs.dropped", "reason", "no-room")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void room_is_given_back_by_chunks_that_are_lost() {
        answer = CompletableFuture.failedFuture(new MqttUnavailableException("not connected"));

        server(3).handle(List.of(need(8, 0, 8, NOW)));

        assertThat(published).hasSize(8);
        assertThat(count("tinyfleet.delivery.chunks.lost")).isEqualTo(8);
    }

    @Test
    void refusals_are_counted_and_said() {
        server(32).handle(List.of(need(9, 0, 1, NOW), need(8, 10, 1, NOW)));

        assertThat(published)
                .extracting(p -> p.chunk().getRefusal())
                .containsExactly("window-out-of-range", "range-beyond-end");
        assertThat(published.get(1).chunk().getIndex()).isEqualTo(10);
        assertThat(published.get(1).chunk().getData().isEmpty()).isTrue();
        assertThat(meters.counter("tinyfleet.delivery.refusals", "reason", "range-beyond-end")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void what_a_device_lacks_of_a_blob_for_all_is_noted_and_not_sent_to_it_alone() {
        server(32).handle(List.of(sharedNeed(2, 3)));

        assertThat(published).isEmpty();
        assertThat(shared).containsExactly(BitSet.valueOf(new long[] {0b11100}));
    }

    @Test
    void a_blob_that_nobody_offered_to_all_is_sent_to_the_device_alone() {
        offered = false;

        server(32).handle(List.of(sharedNeed(2, 3)));

        assertThat(published).extracting(p -> p.chunk().getIndex()).containsExactly(2, 3, 4);
        assertThat(published).extracting(Published::topic).containsOnly("fleet/v1/d/pi-1/in/blob");
    }

    @Test
    void a_range_beyond_the_end_is_refused_in_shared_mode_too() {
        server(32).handle(List.of(sharedNeed(5, 100)));

        assertThat(shared).isEmpty();
        assertThat(published).extracting(p -> p.chunk().getRefusal()).containsExactly("range-beyond-end");
    }

    @Test
    void a_link_comes_in_place_of_chunks() {
        link = Optional.of(
                BlobLink.newBuilder().setUrl("https://fleet.example/blobs/1").build());

        server(32).handle(List.of(linkNeed(Digest.of(content))));

        assertThat(published).extracting(p -> p.chunk().getLink()).containsExactly(link.get());
        assertThat(published.get(0).chunk().getData().isEmpty()).isTrue();
    }

    @Test
    void a_link_is_refused_where_devices_cannot_reach_the_server_safely_and_for_an_unknown_blob() {
        server(32).handle(List.of(linkNeed(Digest.of(content)), linkNeed(Digest.of(new byte[] {1}))));

        assertThat(published).extracting(p -> p.chunk().getRefusal()).containsExactly("no-link", "unknown-blob");
    }

    private InboundMessage sharedNeed(int first, int count) {
        Need need = Need.newBuilder()
                .setBlobSha256(Digest.of(content).toBytes())
                .setWindow(8)
                .setShared(true)
                .addRanges(ChunkRange.newBuilder().setFirst(first).setCount(count))
                .build();
        return new InboundMessage(DEVICE, OutLeaf.NEED, need.toByteArray(), NOW);
    }

    private static InboundMessage linkNeed(Digest blob) {
        Need need = Need.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setWantLink(true)
                .build();
        return new InboundMessage(DEVICE, OutLeaf.NEED, need.toByteArray(), NOW);
    }

    private double count(String meter) {
        return meters.counter(meter).count();
    }

    private ChunkServer server(int inFlight) {
        return new ChunkServer(
                blobs,
                (topic, payload, delivery) -> {
                    published.add(new Published(topic, parse(payload), delivery));
                    return answer;
                },
                (topic, reason, payload, at) -> {
                    throw new AssertionError("no need here is unreadable: " + reason);
                },
                otherWays,
                new FixedDeliveryConfig(inFlight, Duration.ofMillis(20)),
                InstantSource.fixed(NOW),
                meters);
    }

    private static Chunk parse(byte[] payload) {
        try {
            return Chunk.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private InboundMessage need(int window, int first, int count, Instant receivedAt) {
        Need need = Need.newBuilder()
                .setBlobSha256(Digest.of(content).toBytes())
                .setWindow(window)
                .addRanges(ChunkRange.newBuilder().setFirst(first).setCount(count))
                .build();
        return new InboundMessage(DEVICE, OutLeaf.NEED, need.toByteArray(), receivedAt);
    }
}
