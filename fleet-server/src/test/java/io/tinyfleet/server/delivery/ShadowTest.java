package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.google.protobuf.MessageLite;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Shadow;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.model.OnnxFile;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A shadow from the verb to the signed document, and from the device's words back to people. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "data", "viewer"})
class ShadowTest {
    private static final SlotName SLOT = new SlotName("vad");
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @Inject
    DesiredStates desiredStates;

    private TestDevice device;
    private final byte[] file =
            OnnxFile.plain("a-" + UUID.randomUUID()).withParameterBytes(40_000).bytes();
    private final byte[] newer =
            OnnxFile.plain("b-" + UUID.randomUUID()).withParameterBytes(60_000).bytes();
    private ReleaseId first;
    private ReleaseId second;
    private long seq;

    @BeforeEach
    void a_device_that_runs_a_release() throws Exception {
        device = TestDevice.enrol();
        String model = "m-" + UUID.randomUUID();
        post("/api/v1/models", "{\"name\":\"" + model + "\",\"licence\":\"MIT\"}");
        first = publish(model, "1.0.0", file, "onnxruntime");
        second = publish(model, "2.0.0", newer, "onnxruntime");
        hello();
        want(first, file);
        device.awaitDesired();
        report(null);
    }

    @AfterEach
    void disconnect() throws Exception {
        device.close();
    }

    // ---- what a device hears

    @Test
    void a_shadow_is_signed_beside_the_slot_s_own_model_and_its_end_too() throws Exception {
        put("{\"releaseId\":\"" + second + "\",\"share\":0.25,\"maxInputs\":5000}")
                .statusCode(200)
                .body("version", equalTo("2.0.0"))
                .body("startedBy", equalTo("olga"));

        Desired desired = device.awaitDesired();
        Shadow shadow = desired.getSlots(0).getShadow();
        assertThat(desired.getSlots(0).getVariantSha256())
                .isEqualTo(Digest.of(file).toBytes());
        assertThat(shadow.getVariantSha256()).isEqualTo(Digest.of(newer).toBytes());
        assertThat(shadow.getShare()).isEqualTo(0.25);
        assertThat(shadow.getMaxInputs()).isEqualTo(5000);
        assertThat(device.fetch(shadow.getEncodings(0), 8)).isEqualTo(newer);
        given().get("/api/v1/devices/" + device.id() + "/shadows")
                .then()
                .statusCode(200)
                .body("items", hasSize(1))
                .body("items[0].share", equalTo(0.25f));

        given().header("X-TinyFleet", "console").delete(path()).then().statusCode(204);
        assertThat(device.awaitDesired().getSlots(0).hasShadow()).isFalse();
        given().get("/api/v1/devices/" + device.id() + "/shadows").then().body("items", hasSize(0));
    }

    @Test
    void an_offer_of_what_is_shadowed_ends_the_shadow() throws Exception {
        put("{\"releaseId\":\"" + second + "\"}").statusCode(200);
        device.awaitDesired();

        want(second, newer);

        Desired desired = device.awaitDesired();
        assertThat(desired.getSlots(0).getVariantSha256())
                .isEqualTo(Digest.of(newer).toBytes());
        assertThat(desired.getSlots(0).hasShadow()).isFalse();
    }

    // ---- refusals

    @Test
    void what_cannot_work_is_refused_with_the_reason() throws Exception {
        put("{\"releaseId\":\"" + first + "\"}")
                .statusCode(409)
                .body("type", containsString("same-as-active"))
                .body("detail", containsString("nothing to compare"));
        put("{\"releaseId\":\"" + new UUID(7, 7) + "\"}").statusCode(404);
        put("{}").statusCode(400).body("violations[0].field", equalTo("releaseId"));
        put("{\"releaseId\":\"x\"}").statusCode(400);
        put("{\"releaseId\":\"" + second + "\",\"share\":0}")
                .statusCode(400)
                .body("violations[0].field", equalTo("share"));
        put("{\"releaseId\":\"" + second + "\",\"share\":1.5}").statusCode(400);
        put("{\"releaseId\":\"" + second + "\",\"maxInputs\":0,\"maxSeconds\":-1}")
                .statusCode(400)
                .body("violations", hasSize(2));
        put("{\"releaseId\":\"" + second + "\",\"shared\":1}").statusCode(400);
        putAt("/api/v1/devices/" + device.id() + "/slots/cam/shadow").statusCode(404);
        putAt("/api/v1/devices/" + device.id() + "/slots/C%20/shadow").statusCode(404);
        putAt("/api/v1/devices/nobody/slots/vad/shadow").statusCode(404);
        putAt("/api/v1/devices/no.body/slots/vad/shadow").statusCode(404);
    }

    @Test
    void a_release_without_a_variant_that_fits_is_refused_before_the_device_hears_of_it() throws Exception {
        String model = "m-" + UUID.randomUUID();
        post("/api/v1/models", "{\"name\":\"" + model + "\",\"licence\":\"MIT\"}");
        ReleaseId other = publish(
                model,
                "1.0.0",
                OnnxFile.plain("c-" + UUID.randomUUID())
                        .withParameterBytes(10_000)
                        .bytes(),
                "onnxruntime\",\"minRuntime\":\"9.0.0");

        put("{\"releaseId\":\"" + other + "\"}").statusCode(409).body("type", containsString("no-variant-fits"));
    }

    @Test
    void a_device_in_quarantine_is_offered_no_shadow() {
        given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"reason\":\"smoke\"}")
                .post("/api/v1/devices/" + device.id() + "/quarantine")
                .then()
                .statusCode(200);

        put("{\"releaseId\":\"" + second + "\"}").statusCode(409).body("type", containsString("device-quarantined"));
    }

    // ---- what people hear

    @Test
    void the_device_s_words_about_its_shadow_are_shown() throws Exception {
        Attempt attempt = Attempt.newBuilder()
                .setAttemptId(new AttemptId(new UUID(4, 4)).toBytes())
                .setArtifactSha256(Digest.of(newer).toBytes())
                .setPhase(Phase.FAILED)
                .setReason("too-slow")
                .setDetail("190 of the last 200 inputs came before it was done with others")
                .setShadowSeconds(70)
                .setShadowCompared(1200)
                .build();
        report(attempt);

        await(() ->
                given().get("/api/v1/devices/" + device.id()).then().extract().path("slots[0].shadow.reason") != null);
        given().get("/api/v1/devices/" + device.id())
                .then()
                .body("slots[0].shadow.phase", equalTo("FAILED"))
                .body("slots[0].shadow.reason", equalTo("too-slow"))
                .body("slots[0].shadow.seconds", equalTo(70))
                .body("slots[0].shadow.compared", equalTo(1200));
    }

    @Test
    void agreement_adds_up_over_windows_and_each_window_counts_once() throws Exception {
        Envelope one = window(90, 80, 85.5);
        Envelope two = window(10, 0, 2.5);
        for (Envelope envelope : new Envelope[] {one, one, two}) {
            device.publish(OutLeaf.TELEMETRY, envelope.toByteArray());
        }

        await(() -> Integer.valueOf(2)
                .equals(given().get(comparisons()).then().extract().path("items[0].windows")));
        given().get(comparisons())
                .then()
                .body("items", hasSize(1))
                .body("items[0].compared", equalTo(100))
                .body("items[0].dropped", equalTo(8))
                .body("items[0].warmUp", equalTo(64))
                .body("items[0].failed", equalTo(2))
                .body("items[0].shadowSha256", equalTo(Digest.of(newer).hex()))
                .body("items[0].agreements", hasSize(1))
                .body("items[0].agreements[0].measure", equalTo("LABEL"))
                .body("items[0].agreements[0].agreedShare", equalTo(0.8f))
                .body("items[0].agreements[0].mean.toDouble()", closeTo(0.88, 1e-6));
    }

    @Test
    void a_window_that_agrees_more_often_than_it_compared_is_a_dead_letter() throws Exception {
        device.publish(OutLeaf.TELEMETRY, window(10, 11, 5).toByteArray());

        await(() -> given().get("/api/v1/telemetry/dead-letters")
                .then()
                .extract()
                .asString()
                .contains("LABEL: inputs that agree must be 0 to 10, got 11"));
    }

    private String comparisons() {
        return "/api/v1/telemetry/shadows?device=" + device.id();
    }

    private Envelope window(long compared, long agreed, double sum) {
        ShadowCounts shadow = ShadowCounts.newBuilder()
                .setArtifactSha256(Digest.of(newer).toBytes())
                .setAttemptId(new AttemptId(new UUID(4, 4)).toBytes())
                .setCompared(compared)
                .setDropped(4)
                .setWarmUp(32)
                .putFailed("model-error", 1)
                .addAgreements(Agreement.newBuilder()
                        .setMeasure(AgreementMeasure.LABEL)
                        .setCompared(compared)
                        .setSum(sum)
                        .setAgreed(agreed)
                        .setAgreeAt(1))
                .build();
        return envelope(
                Stream.TELEMETRY,
                Window.newBuilder()
                        .setSlot("vad")
                        .setArtifactSha256(Digest.of(file).toBytes())
                        .setDurationMillis(10_000)
                        .setOk(compared)
                        .setShadow(shadow)
                        .build());
    }

    // ---- the device

    private Envelope envelope(Stream stream, MessageLite body) {
        return Envelope.newBuilder()
                .setStream(stream)
                .setBootCounter(1)
                .setSeq(++seq)
                .setBody(body.toByteString())
                .build();
    }

    private void hello() throws Exception {
        Presence hello = Presence.newBuilder()
                .setKind(PresenceKind.HELLO)
                .setBootCounter(1)
                .setConnection(1)
                .setLowestProtocol(Limits.PROTOCOL)
                .setHighestProtocol(Limits.PROTOCOL)
                .setFacts(DeviceFacts.newBuilder()
                        .setAgentVersion("0.1.0")
                        .setArch("x86_64")
                        .setLibc("glibc 2.36")
                        .setRamBytes(4L << 30)
                        .setFlashFreeBytes(4L << 30)
                        .addRuntimes(Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2")))
                .build();
        device.publish(
                OutLeaf.STATE,
                StateMessage.newBuilder().setPresence(hello).build().toByteArray());
    }

    private void report(@org.jspecify.annotations.Nullable Attempt shadow) throws Exception {
        ReportedSlot.Builder slot = ReportedSlot.newBuilder()
                .setSlot("vad")
                .setActive(InstalledArtifact.newBuilder()
                        .setSha256(Digest.of(file).toBytes())
                        .setReleaseId(first.toBytes())
                        .setModel("m")
                        .setVersion("1.0.0"));
        if (shadow != null) {
            slot.setShadow(shadow);
        }
        Reported reported =
                Reported.newBuilder().setDesiredSeq(1).addSlots(slot).build();
        device.publish(
                OutLeaf.STATE,
                StateMessage.newBuilder()
                        .setReported(envelope(Stream.STATE, reported))
                        .build()
                        .toByteArray());
        await(() -> given().get("/api/v1/devices/" + device.id())
                .then()
                .extract()
                .asString()
                .contains("\"slot\":\"vad\""));
    }

    // ---- people

    private String path() {
        return "/api/v1/devices/" + device.id() + "/slots/vad/shadow";
    }

    private ValidatableResponse put(String body) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(body)
                .put(path())
                .then();
    }

    private ValidatableResponse putAt(String path) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"releaseId\":\"" + second + "\"}")
                .put(path)
                .then();
    }

    private void want(ReleaseId release, byte[] content) {
        SlotContent wanted = new SlotContent(
                new AttemptId(UUID.randomUUID()),
                false,
                release,
                Digest.of(content),
                new ProbationPlan(60, 50, 600),
                DesiredReason.OFFER,
                10);
        QuarkusTransaction.requiringNew().run(() -> desiredStates.want(device.id(), SLOT, wanted));
    }

    private static ReleaseId publish(String model, String version, byte[] file, String runtime) {
        String artifact = given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(file)
                .post("/api/v1/artifacts")
                .then()
                .statusCode(201)
                .extract()
                .path("sha256");
        return ReleaseId.parse(post(
                "/api/v1/models/" + model + "/releases",
                "{\"version\":\"" + version + "\",\"licence\":\"MIT\",\"variants\":[{\"name\":\"v\",\"artifact\":\""
                        + artifact + "\",\"runtime\":\"" + runtime + "\"}]}"));
    }

    private static String post(String path, String body) {
        return String.valueOf((Object) given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(body)
                .post(path)
                .then()
                .statusCode(201)
                .extract()
                .path("id"));
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
