package io.tinyfleet.server.delivery.encoding;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.Td1Decoder;
import io.tinyfleet.protocol.delta.ZstdDecoder;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.delta.BlobBytes;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class EncodingJobTest {
    private static final int BYTES = 300_000;

    @Inject
    EncodingJob job;

    @Inject
    EncodingRows rows;

    @Inject
    ReadyEncodings ready;

    @Inject
    EncodingPins pins;

    @Inject
    BlobStore blobs;

    @Test
    void a_delta_is_made_proved_and_offered_to_devices_that_hold_its_base() throws Exception {
        byte[] old = noise(1);
        byte[] fresh = retrained(old);
        Digest base = store(old);
        Digest target = store(fresh);
        make(new EncodingKey(target, Optional.of(base)));

        ReadyEncoding delta = ready.find(target, List.of(base)).get(0);

        assertThat(delta.bytes()).isLessThan(BYTES / 3);
        ByteArrayOutputStream made = new ByteArrayOutputStream();
        try (InputStream patch = blobs.find(delta.blob()).orElseThrow().open()) {
            Td1Decoder.decode(new BlobBytes(blobs.find(base).orElseThrow()), patch, BYTES, made);
        }
        assertThat(made.toByteArray()).isEqualTo(fresh);
        assertThat(blobs.find(delta.chunkList())).isPresent();
        assertThat(pins.pinned()).contains(delta.blob(), delta.chunkList());
        assertThat(ready.find(target, List.of())).isEmpty();
        assertThat(ready.find(target, List.of(target))).isEmpty();
    }

    @Test
    void a_whole_file_is_compressed_so_that_a_device_can_read_it() throws Exception {
        byte[] file = new byte[3 * BYTES];
        System.arraycopy(noise(2), 0, file, 1000, BYTES);
        Digest target = store(file);
        make(new EncodingKey(target, Optional.empty()));

        ReadyEncoding compressed = ready.find(target, List.of()).get(0);

        ByteArrayOutputStream made = new ByteArrayOutputStream();
        try (InputStream content = blobs.find(compressed.blob()).orElseThrow().open()) {
            ZstdDecoder.decode(content, file.length, made);
        }
        assertThat(made.toByteArray()).isEqualTo(file);
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void what_saves_too_little_is_not_offered_and_says_why() throws Exception {
        Digest base = store(noise(3));
        Digest target = store(noise(4));
        make(new EncodingKey(target, Optional.empty()));
        make(new EncodingKey(target, Optional.of(base)));

        assertThat(ready.find(target, List.of(base))).isEmpty();
        given().queryParam("artifact", target.hex())
                .get("/api/v1/encodings")
                .then()
                .statusCode(200)
                .body("items", hasSize(2))
                .body("items[0].state", equalTo("NOT_WORTH_IT"))
                .body("items[0].base", equalTo(base.hex()))
                .body("items[1].kind", equalTo("ZSTD"));
        given().queryParam("artifact", "x").get("/api/v1/encodings").then().statusCode(400);
    }

    @Test
    void an_artifact_that_is_gone_fails_and_stops_nobody() {
        Digest target = Digest.of(new byte[] {5});
        make(new EncodingKey(target, Optional.empty()));
        assertThat(rows.list(Optional.of(target)))
                .singleElement()
                .extracting(EncodingRows.Row::state)
                .isEqualTo(EncodingState.FAILED);
    }

    @Test
    void a_replica_that_died_leaves_its_claim_when_the_lease_ends() throws Exception {
        EncodingKey key = new EncodingKey(store(noise(6)), Optional.empty());
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        Instant lease = now.plus(Duration.ofMinutes(20));
        drain();
        rows.enqueue(key, now);
        assertThat(claim(now, lease)).contains(key);
        assertThat(claim(now, lease)).isEmpty();
        assertThat(claim(lease.plusSeconds(1), lease.plus(Duration.ofMinutes(20))))
                .contains(key);
    }

    @Test
    void the_same_encoding_is_queued_once() throws Exception {
        EncodingKey key = new EncodingKey(store(noise(7)), Optional.empty());
        assertThat(rows.enqueue(key, Instant.EPOCH)).isTrue();
        assertThat(rows.enqueue(key, Instant.EPOCH)).isFalse();
    }

    private Optional<EncodingKey> claim(Instant now, Instant lease) {
        return QuarkusTransaction.requiringNew()
                .call(() -> rows.claim(now, lease).map(EncodingRows.Claim::key));
    }

    private void make(EncodingKey key) {
        rows.enqueue(key, Instant.EPOCH);
        drain();
    }

    private void drain() {
        int made = 0;
        while (job.makeNext()) {
            made++;
            assertThat(made).isLessThan(100);
        }
    }

    private Digest store(byte[] content) throws IOException {
        return blobs.put(new ByteArrayInputStream(content), content.length).digest();
    }

    private static byte[] noise(long seed) {
        byte[] bytes = new byte[BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] retrained(byte[] base) {
        byte[] fresh = base.clone();
        for (int i = 0; i < fresh.length; i += 10) {
            fresh[i]++;
        }
        return fresh;
    }
}
