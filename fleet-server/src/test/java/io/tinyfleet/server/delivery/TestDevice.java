package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.restassured.path.json.JsonPath;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.server.mqtt.DeviceClient;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * Plays a device over a real connection: enrols, pins the root, verifies desired documents and fetches blobs, with the
 * protocol's own code. The test's user must be an operator. One thread.
 */
final class TestDevice implements AutoCloseable {
    private final DeviceId id;
    private TrustedRoot root;
    private final DeviceClient client;
    private long storedSeq;
    private Optional<Digest> storedDigest = Optional.empty();

    private TestDevice(DeviceId id, TrustedRoot root, DeviceClient client) {
        this.id = id;
        this.root = root;
        this.client = client;
    }

    static TestDevice enrol() throws TrustException, MqttException {
        DeviceId id = new DeviceId("pi-" + UUID.randomUUID());
        SigningKey key = SigningKey.generate();
        String token = given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"kind\":\"REAL\",\"maxUses\":1,\"validHours\":1}")
                .post("/api/v1/enrolment-tokens")
                .then()
                .extract()
                .path("token");
        byte[] proof = key.sign(EnrolmentProof.toSign(token, id, key.spki()));
        JsonPath answer = given().contentType("application/json")
                .body("""
                        {"token":"%s","deviceId":"%s","publicKey":"%s","proof":"%s","hardwareClass":"pi4"}
                        """.formatted(
                                token,
                                id,
                                Base64.getEncoder().encodeToString(key.spki()),
                                Base64.getEncoder().encodeToString(proof)))
                .post("/api/v1/enrol")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        TrustedRoot root = TrustedRoot.pin(Base64.getDecoder().decode(answer.getString("root")));
        DeviceClient client = new DeviceClient(answer.getString("mqtt.url"), id.value())
                .connect(answer.getString("mqtt.username"), answer.getString("mqtt.password"));
        client.subscribe(Topics.deviceInFilter(id));
        return new TestDevice(id, root, client);
    }

    DeviceId id() {
        return id;
    }

    TrustedRoot root() {
        return root;
    }

    /** The next document, as bytes. */
    byte[] awaitEnvelope() throws InterruptedException {
        return client.await(Topics.deviceIn(id, InLeaf.DESIRED)).payload();
    }

    /** The next document, verified as a device does it, and remembered. */
    Desired awaitDesired() throws InterruptedException, TrustException {
        byte[] envelope = awaitEnvelope();
        Desired desired =
                DesiredDocuments.verify(root, id, storedSeq, storedDigest, Instant.ofEpochMilli(issuedAt()), envelope);
        storedSeq = desired.getSeq();
        storedDigest = Optional.of(Digest.of(envelope));
        return desired;
    }

    private long issuedAt() {
        return root.issuedAt().toEpochMilli();
    }

    void say(PresenceKind kind, long desiredSeq) throws MqttException {
        say(kind, desiredSeq, 0);
    }

    /** From now on it believes this root. */
    void hold(TrustedRoot next) {
        root = next;
    }

    /** The next root that is sent, as bytes. */
    byte[] awaitRoot() throws InterruptedException {
        return client.await(Topics.deviceIn(id, InLeaf.ROOT)).payload();
    }

    void say(PresenceKind kind, long desiredSeq, long rootVersion) throws MqttException {
        Presence presence = Presence.newBuilder()
                .setKind(kind)
                .setBootCounter(1)
                .setConnection(1)
                .setDesiredSeq(desiredSeq)
                .setRootVersion(rootVersion)
                .setLowestProtocol(Limits.PROTOCOL)
                .setHighestProtocol(Limits.PROTOCOL)
                .build();
        publish(
                OutLeaf.STATE,
                StateMessage.newBuilder().setPresence(presence).build().toByteArray());
    }

    void publish(OutLeaf leaf, byte[] payload) throws MqttException {
        assertThat(client.publish(Topics.deviceOut(id, leaf), payload)).isLessThan(0x80);
    }

    Chunk ask(Need need) throws MqttException, InterruptedException {
        publish(OutLeaf.NEED, need.toByteArray());
        return awaitChunk();
    }

    private Chunk awaitChunk() throws InterruptedException {
        try {
            return Chunk.parseFrom(
                    client.await(Topics.deviceIn(id, InLeaf.BLOB)).payload());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    static Need need(com.google.protobuf.ByteString blob, int window, int first, int count) {
        return Need.newBuilder()
                .setBlobSha256(blob)
                .setWindow(window)
                .addRanges(ChunkRange.newBuilder().setFirst(first).setCount(count))
                .build();
    }

    /** A small blob, or one whose chunks are not listed: verified as a whole. */
    byte[] fetch(BlobRef blob) throws MqttException, InterruptedException {
        int chunks = (int) ((blob.getSize() + Limits.CHUNK_BYTES - 1) / Limits.CHUNK_BYTES);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int index = 0; index < chunks; index++) {
            content.writeBytes(
                    ask(need(blob.getSha256(), 1, index, 1)).getData().toByteArray());
        }
        assertThat(Digest.of(content.toByteArray()).toBytes()).isEqualTo(blob.getSha256());
        return content.toByteArray();
    }

    /** Each chunk verified by the list before it is kept, in windows. */
    byte[] fetch(Encoding encoding, int window) throws MqttException, InterruptedException {
        ChunkList list = ChunkList.parse(
                fetch(encoding.getChunkList()), encoding.getBlob().getSize(), encoding.getChunkSize());
        byte[] content = new byte[(int) list.blobSize()];
        for (int first = 0; first < list.count(); first += window) {
            int count = Math.min(window, list.count() - first);
            publish(
                    OutLeaf.NEED,
                    need(encoding.getBlob().getSha256(), window, first, count).toByteArray());
            for (int i = 0; i < count; i++) {
                Chunk chunk = awaitChunk();
                byte[] data = chunk.getData().toByteArray();
                assertThat(list.matches(chunk.getIndex(), data)).isTrue();
                assertThat(chunk.getBlobSize()).isEqualTo(list.blobSize());
                System.arraycopy(data, 0, content, (int) list.offsetOf(chunk.getIndex()), data.length);
            }
        }
        assertThat(Digest.of(content).toBytes()).isEqualTo(encoding.getBlob().getSha256());
        return content;
    }

    @Override
    public void close() throws MqttException {
        client.close();
    }
}
