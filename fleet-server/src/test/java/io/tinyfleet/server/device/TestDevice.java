package io.tinyfleet.server.device;

import static io.restassured.RestAssured.given;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.server.mqtt.DeviceClient;
import java.util.Base64;
import java.util.Map;
import org.eclipse.paho.mqttv5.common.MqttException;

/** A device as the server sees it: a key, an enrolment over HTTP, a connection to the server's own broker. */
public final class TestDevice implements AutoCloseable {
    private final DeviceId id;
    private final SigningKey key;
    private final JsonPath enrolment;
    private final DeviceClient client;

    private TestDevice(DeviceId id, SigningKey key, JsonPath enrolment, DeviceClient client) {
        this.id = id;
        this.key = key;
        this.enrolment = enrolment;
        this.client = client;
    }

    /** Enrols under a new key; does not connect. */
    public static TestDevice enrolled(String id, String token) throws MqttException {
        return enrolled(id, token, SigningKey.generate());
    }

    /** Enrols under this key; does not connect. */
    public static TestDevice enrolled(String id, String token, SigningKey key) throws MqttException {
        JsonPath answer = enrol(id, token, key).statusCode(200).extract().body().jsonPath();
        return new TestDevice(new DeviceId(id), key, answer, new DeviceClient(answer.getString("mqtt.url"), id));
    }

    /** What the server answers. */
    public static ValidatableResponse enrol(String id, String token, SigningKey key) {
        byte[] spki = key.toPublicKey().getSpki().toByteArray();
        byte[] proof = key.sign(EnrolmentProof.toSign(token, new DeviceId(id), spki));
        return given().contentType("application/json")
                .body(Map.of(
                        "token",
                        token,
                        "deviceId",
                        id,
                        "publicKey",
                        Base64.getEncoder().encodeToString(spki),
                        "proof",
                        Base64.getEncoder().encodeToString(proof),
                        "hardwareClass",
                        "bench-x86_64"))
                .post("/api/v1/enrol")
                .then();
    }

    public DeviceId id() {
        return id;
    }

    public SigningKey key() {
        return key;
    }

    public JsonPath enrolment() {
        return enrolment;
    }

    public DeviceClient client() {
        return client;
    }

    /** Connects with the enrolled credentials and a last will, subscribes, and says hello. */
    public TestDevice connected(long boot, long connection) throws MqttException {
        client.connect(
                enrolment.getString("mqtt.username"),
                enrolment.getString("mqtt.password"),
                Topics.deviceOut(id, OutLeaf.STATE),
                presence(PresenceKind.WILL, boot, connection).toByteArray());
        client.subscribe(Topics.deviceInFilter(id));
        say(PresenceKind.HELLO, boot, connection);
        return this;
    }

    public void say(PresenceKind kind, long boot, long connection) throws MqttException {
        send(OutLeaf.STATE, presence(kind, boot, connection));
    }

    private static StateMessage presence(PresenceKind kind, long boot, long connection) {
        Presence.Builder presence = Presence.newBuilder()
                .setKind(kind)
                .setBootCounter(boot)
                .setConnection(connection)
                .setLowestProtocol(1)
                .setHighestProtocol(1);
        if (kind == PresenceKind.HELLO) {
            presence.setFacts(DeviceFacts.newBuilder()
                    .setAgentVersion("0.1.0")
                    .setArch("x86_64")
                    .setHardwareClass("bench-x86_64"));
        }
        return StateMessage.newBuilder().setPresence(presence).build();
    }

    /** Sends a body under this number. */
    public void send(Stream stream, long boot, long seq, MessageLite body) throws MqttException {
        send(envelope(stream, boot, seq).setBody(body.toByteString()).build());
    }

    /** Sends bytes that need not be what the stream carries. */
    public void send(Stream stream, long boot, long seq, byte[] body) throws MqttException {
        send(envelope(stream, boot, seq).setBody(ByteString.copyFrom(body)).build());
    }

    public void send(Envelope envelope) throws MqttException {
        switch (envelope.getStream()) {
            case STATE ->
                send(
                        OutLeaf.STATE,
                        StateMessage.newBuilder().setReported(envelope).build());
            case EVENT -> send(OutLeaf.EVENT, envelope);
            default -> send(OutLeaf.TELEMETRY, envelope);
        }
    }

    public static Envelope.Builder envelope(Stream stream, long boot, long seq) {
        return Envelope.newBuilder().setStream(stream).setBootCounter(boot).setSeq(seq);
    }

    private void send(OutLeaf leaf, MessageLite message) throws MqttException {
        client.publish(Topics.deviceOut(id, leaf), message.toByteArray());
    }

    /** The next marks the server sends. */
    public Ack awaitAck() throws InterruptedException, InvalidProtocolBufferException {
        return Ack.parseFrom(client.await(Topics.deviceIn(id, InLeaf.ACK)).payload());
    }

    /** Waits until the server says it has stored up to this number. */
    public void awaitStored(Stream stream, long boot, long upTo) throws Exception {
        while (awaitAck().getMarksList().stream()
                .noneMatch(mark ->
                        mark.getStream() == stream && mark.getBootCounter() == boot && mark.getUpTo() >= upTo)) {
            // An earlier mark: the next one may be it.
        }
    }

    @Override
    public void close() throws MqttException {
        client.close();
    }
}
