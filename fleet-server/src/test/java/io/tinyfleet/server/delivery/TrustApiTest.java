package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.FloorsDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.server.model.OnnxFile;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Roots, floors and releases that were signed elsewhere, over HTTP and down to a device. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "ada",
        roles = {"admin", "operator", "data", "viewer"})
class TrustApiTest {
    private static final SlotName SLOT = new SlotName("vad");

    @Inject
    DesiredStates desiredStates;

    @Inject
    TrustKeys trust;

    @Inject
    Home home;

    @Inject
    InstantSource clock;

    private final String model = "t-" + UUID.randomUUID();
    private TestDevice device;
    private String artifact = "";

    @BeforeEach
    void a_device_and_a_model() throws Exception {
        device = TestDevice.enrol();
        artifact = given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(OnnxFile.plain(model).bytes())
                .post("/api/v1/artifacts")
                .then()
                .statusCode(201)
                .extract()
                .path("sha256");
        send("/api/v1/models", "{\"name\":\"" + model + "\",\"licence\":\"MIT\"}")
                .statusCode(201);
    }

    @AfterEach
    void disconnect() throws Exception {
        device.close();
    }

    private static ValidatableResponse send(String path, String json) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(json)
                .post(path)
                .then();
    }

    private static ValidatableResponse send(String path, byte[] bytes) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(bytes)
                .post(path)
                .then();
    }

    private ValidatableResponse putFloor(long floor) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"minSecurityVersion\":" + floor + "}")
                .put("/api/v1/trust/floors/" + model)
                .then();
    }

    private String request(String version, long securityVersion) {
        return "{\"version\":\"" + version + "\",\"licence\":\"MIT\",\"securityVersion\":" + securityVersion
                + ",\"variants\":[{\"name\":\"v\",\"artifact\":\"" + artifact + "\",\"runtime\":\"onnxruntime\"}]}";
    }

    private ReleaseId publish(String version, long securityVersion) {
        return ReleaseId.parse(send("/api/v1/models/" + model + "/releases", request(version, securityVersion))
                .statusCode(201)
                .extract()
                .path("id"));
    }

    private void want(ReleaseId release) {
        desiredStates.want(
                device.id(),
                SLOT,
                new SlotContent(
                        new AttemptId(UUID.randomUUID()),
                        false,
                        release,
                        Digest.parse(artifact),
                        new ProbationPlan(60, 50, 600),
                        DesiredReason.OFFER,
                        10));
    }

    private SigningKey serversKey(String role) throws Exception {
        return SigningKey.readPem(home.keys().resolve(role + ".pem"));
    }

    @Test
    void people_see_roles_heads_and_the_warning_about_the_root_key() {
        publish("1.0.0", 0);

        given().get("/api/v1/trust")
                .then()
                .statusCode(200)
                .body("rootKeysHere", equalTo(true))
                .body("roles.role", hasItem("heads"))
                .body("heads.version", org.hamcrest.Matchers.greaterThan(0))
                .body("warnings[0]", org.hamcrest.Matchers.containsString("root keys lie on this server"));
    }

    @Test
    void a_raised_floor_reaches_the_device_and_stands_in_the_heads() throws Exception {
        want(publish("1.0.0", 3));
        device.awaitDesired();

        putFloor(3).statusCode(200).body("version", equalTo(1)).body("setBy", equalTo("ada"));

        Desired desired = device.awaitDesired();
        assertThat(desired.getFloorsCount()).isEqualTo(1);
        byte[] heads = device.fetch(desired.getHeads());
        Heads list = HeadsDocuments.verify(device.root(), Digest.of(heads), Optional.empty(), clock.instant(), heads);
        byte[] envelope = device.fetch(desired.getFloors(0));
        Floors floors = FloorsDocuments.verify(
                device.root(), model, Digest.of(envelope), Optional.empty(), clock.instant(), envelope);
        assertThat(floors.getMinSecurityVersion()).isEqualTo(3);
        assertThat(list.getModelsList())
                .anyMatch(named -> named.getModel().equals(model)
                        && named.getFloorsSha256().equals(Digest.of(envelope).toBytes()));
    }

    @Test
    void a_floor_above_every_live_release_is_refused() {
        publish("1.0.0", 3);

        putFloor(4).statusCode(409).body("code", equalTo("floor-above-every-release"));
        putFloor(-1).statusCode(400);
    }

    @Test
    void floors_signed_elsewhere_are_taken_when_the_release_role_has_signed_them() throws Exception {
        publish("1.0.0", 3);
        Instant now = clock.instant();
        Floors floors = Floors.newBuilder()
                .setModel(model)
                .setVersion(1)
                .setMinSecurityVersion(2)
                .setIssuedAtMillis(now.toEpochMilli())
                .setExpiresAtMillis(now.plus(Duration.ofDays(30)).toEpochMilli())
                .build();
        String path = "/api/v1/trust/floors/" + model + "/signed";

        send(path, FloorsDocuments.sign(floors, List.of(SigningKey.generate())))
                .statusCode(422)
                .body("code", equalTo("floors-threshold-not-met"));
        send(path, FloorsDocuments.sign(floors, List.of(serversKey("release"))))
                .statusCode(200)
                .body("minSecurityVersion", equalTo(2));
        send(path, new byte[70_000]).statusCode(413);
    }

    @Test
    void a_release_signed_elsewhere_is_taken_once_and_a_strangers_is_not() throws Exception {
        byte[] manifest = send("/api/v1/models/" + model + "/releases/manifest", request("1.0.0", 0))
                .statusCode(200)
                .extract()
                .asByteArray();
        var release = io.tinyfleet.protocol.v1.Release.parseFrom(manifest);
        String path = "/api/v1/models/" + model + "/releases/signed";

        send(path, io.tinyfleet.protocol.trust.Releases.sign(release, List.of(SigningKey.generate())))
                .statusCode(422)
                .body("code", equalTo("release-threshold-not-met"));
        send(path, manifest).statusCode(422);
        send(path, io.tinyfleet.protocol.trust.Releases.sign(release, List.of(serversKey("release"))))
                .statusCode(201)
                .body("version", equalTo("1.0.0"));
    }

    @Test
    void a_device_that_holds_an_older_root_gets_the_next_one_before_its_document() throws Exception {
        want(publish("1.0.0", 0));
        TrustedRoot before = device.root();
        device.awaitDesired();
        Instant now = clock.instant();
        byte[] next = RootBuilder.after(trust.root(), now, now.plus(Duration.ofDays(400)))
                .sign(List.of(serversKey("root")));
        send("/api/v1/trust/roots", trust.rootEnvelope()).statusCode(422).body("code", equalTo("root-version-step"));

        send("/api/v1/trust/roots", next).statusCode(200).body("rootVersion", equalTo((int) before.version() + 1));
        device.say(PresenceKind.HELLO, 1, before.version());

        TrustedRoot held = before.next(device.awaitRoot());
        assertThat(held.version()).isEqualTo(before.version() + 1);
        device.hold(held);
        Desired desired = device.awaitDesired();
        assertThat(desired.getRootSha256()).isEqualTo(held.digest().toBytes());
    }
}
