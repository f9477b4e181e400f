package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.server.mqtt.MqttPublisher;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas' senders over one database, with clocks that a test moves. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class SharedSenderTest {
    private static final int CHUNKS = 10;
    private static final DeviceId PI_1 = new DeviceId("pi-1");
    private static final DeviceId PI_2 = new DeviceId("pi-2");

    @TempDir
    Path folder;

    @Inject
    SharedRepository repository;

    @Inject
    AgroalDataSource database;

    private final List<SharedSender> senders = new ArrayList<>();
    private volatile Instant now = Instant.parse("2030-01-01T00:00:00Z");
    private FileBlobStore blobs;
    private Digest blob = Digest.of(new byte[] {0});

    @BeforeEach
    void a_blob_on_offer() throws IOException {
        blobs = new FileBlobStore(folder);
        byte[] content = new byte[CHUNKS * Limits.CHUNK_BYTES];
        new Random(11).nextBytes(content);
        blob = blobs.put(new ByteArrayInputStream(content), content.length).digest();
        repository.offer(blob, content.length, now);
    }

    @AfterEach
    void clear() throws Exception {
        for (SharedSender sender : senders) {
            sender.stop();
        }
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("delete from shared_blob");
        }
    }

    @Test
    void what_several_devices_lack_is_sent_once_and_in_order() {
        need(PI_1, 0, 4);
        need(PI_2, 2, 8);
        now = now.plusSeconds(1);
        List<Integer> sent = new CopyOnWriteArrayList<>();
        SharedSender a = sender("a", collecting(sent));
        SharedSender b = sender("b", collecting(sent));

        a.tick();
        b.tick();

        await(() -> sent.size() >= 8 && owner().isEmpty());
        assertThat(sent).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void needs_are_gathered_before_anything_is_sent() {
        need(PI_1, 0, 4);
        List<Integer> sent = new CopyOnWriteArrayList<>();
        SharedSender a = sender("a", collecting(sent));

        a.tick();
        assertThat(owner()).isEmpty();
        need(PI_2, 4, 8);
        now = now.plusSeconds(1);
        a.tick();

        await(() -> sent.size() >= 8);
        assertThat(sent).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void the_lease_of_a_replica_that_stopped_in_the_middle_is_taken_over_when_it_runs_out() throws Exception {
        need(PI_1, 0, CHUNKS);
        now = now.plusSeconds(1);
        List<Integer> sentByA = new CopyOnWriteArrayList<>();
        List<Integer> sentByB = new CopyOnWriteArrayList<>();
        SharedSender a = sender("a", (topic, payload, delivery) -> {
            sentByA.add(parse(payload).getIndex());
            return sentByA.size() < 3 ? CompletableFuture.completedFuture(null) : new CompletableFuture<>();
        });
        SharedSender b = sender("b", collecting(sentByB));
        a.tick();
        await(() -> sentByA.size() >= 3);
        a.stop();
        int reached = sentByA.size();
        need(PI_1, 3, CHUNKS);
        now = now.plusMillis(300);

        b.tick();
        assertThat(owner()).isEqualTo("a");
        now = now.plusSeconds(5);
        b.tick();

        await(() -> sentByB.size() >= 7 && owner().isEmpty());
        assertThat(sentByB).containsExactly(3, 4, 5, 6, 7, 8, 9);
        assertThat(sentByA).hasSize(reached);
    }

    @Test
    void who_asks_during_a_sending_gets_the_rest_of_it_and_only_the_beginning_again() {
        need(PI_1, 0, CHUNKS);
        now = now.plusSeconds(1);
        List<Integer> sent = new CopyOnWriteArrayList<>();
        SharedSender a = sender("a", (topic, payload, delivery) -> {
            int index = parse(payload).getIndex();
            if (index == 3 && !sent.contains(3)) {
                need(PI_2, 0, CHUNKS);
                // The lease is renewed, and late comers are looked for, once a second.
                now = now.plusMillis(1001);
            }
            sent.add(index);
            return CompletableFuture.completedFuture(null);
        });

        a.tick();

        await(() -> owner().isEmpty() && sent.size() > CHUNKS);
        assertThat(sent).startsWith(IntStream.range(0, CHUNKS).boxed().toArray(Integer[]::new));
        assertThat(sent.subList(CHUNKS, sent.size())).containsExactly(0, 1, 2, 3);
    }

    @Test
    void a_blob_that_is_not_on_offer_is_not_noted() {
        assertThat(repository.putNeed(Digest.of(new byte[] {1, 2, 3}), PI_1, bits(0, 4), now))
                .isFalse();
    }

    @Test
    void a_device_waits_for_so_many_blobs_and_no_more() {
        for (int i = 0; i < SharedRepository.MAX_NEEDS_PER_DEVICE; i++) {
            Digest other = Digest.of(new byte[] {7, (byte) i});
            repository.offer(other, 2_000_000, now);
            assertThat(repository.putNeed(other, PI_1, bits(0, 4), now)).isTrue();
        }

        assertThat(repository.putNeed(blob, PI_1, bits(0, 4), now)).isFalse();
        assertThat(repository.putNeed(Digest.of(new byte[] {7, 0}), PI_1, bits(0, 2), now))
                .isTrue();
    }

    @Test
    void offers_older_than_any_document_are_forgotten() {
        assertThat(repository.forgetOffers(now)).isZero();

        assertThat(repository.forgetOffers(now.plusSeconds(1))).isPositive();
    }

    // ---- the stage

    private SharedSender sender(String name, MqttPublisher publisher) {
        InstantSource clock = () -> now;
        SharedSender sender = new SharedSender(
                name,
                new SharedSender.Parts(repository, blobs, publisher, new SimpleMeterRegistry()),
                new FixedDeliveryConfig(),
                clock);
        senders.add(sender);
        return sender;
    }

    private static MqttPublisher collecting(List<Integer> sent) {
        return (topic, payload, delivery) -> {
            sent.add(parse(payload).getIndex());
            return CompletableFuture.completedFuture(null);
        };
    }

    private void need(DeviceId device, int from, int to) {
        assertThat(repository.putNeed(blob, device, bits(from, to), now)).isTrue();
    }

    private static BitSet bits(int from, int to) {
        BitSet bits = new BitSet();
        bits.set(from, to);
        return bits;
    }

    private static Chunk parse(byte[] payload) {
        try {
            return Chunk.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private String owner() {
        try (Connection connection = database.getConnection();
                var statement = connection.prepareStatement("select owner from shared_blob where blob_sha256 = ?")) {
            statement.setBytes(1, blob.toByteArray());
            try (var row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                String owner = row.getString(1);
                return owner == null ? "" : owner;
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
