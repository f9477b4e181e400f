package io.tinyfleet.server.enrolment;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.path.json.JsonPath;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.server.delivery.TrustKeys;
import io.tinyfleet.server.device.TestDevice;
import io.tinyfleet.server.mqtt.DeviceClient;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "viewer"})
class EnrolmentTest {
    @Inject
    AgroalDataSource database;

    @Inject
    Home home;

    @Inject
    TrustKeys trust;

    private static String token(int maxUses) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(Map.of("name", "bench", "kind", "SIMULATED", "maxUses", maxUses, "validHours", 1))
                .post("/api/v1/enrolment-tokens")
                .then()
                .statusCode(200)
                .extract()
                .body()
                .jsonPath()
                .getString("token");
    }

    @Test
    void a_device_gets_the_root_to_pin_and_credentials_that_open_the_broker() throws Exception {
        try (TestDevice device = TestDevice.enrolled("enrol-1", token(1)).connected(1, 1)) {
            JsonPath answer = device.enrolment();
            byte[] root = Base64.getDecoder().decode(answer.getString("root"));
            assertThat(answer.getString("rootSha256")).isEqualTo(Digest.of(root).hex());
            // The newest one: other tests of this server have walked it to another root.
            assertThat(TrustedRoot.pin(root).digest()).isEqualTo(trust.rootDigest());
            assertThat(answer.getString("kind")).isEqualTo("SIMULATED");
            assertThat(answer.getString("mqtt.username")).isEqualTo("enrol-1");
        }
    }

    @Test
    void the_same_token_and_key_repeat_the_answer_and_spend_nothing() throws Exception {
        String token = token(1);
        SigningKey key = SigningKey.generate();
        JsonPath first = TestDevice.enrolled("enrol-2", token, key).enrolment();
        JsonPath again = TestDevice.enrolled("enrol-2", token, key).enrolment();
        assertThat(again.getString("mqtt.password")).isEqualTo(first.getString("mqtt.password"));
        assertThat(again.getString("root")).isEqualTo(first.getString("root"));
        given().get("/api/v1/enrolment-tokens")
                .then()
                .statusCode(200)
                .body("items[0].uses", equalTo(1))
                .body("items[0].token", equalTo(null));
    }

    @Test
    void a_used_up_token_with_another_key_is_refused() throws Exception {
        String token = token(1);
        TestDevice.enrolled("enrol-3", token);
        TestDevice.enrol("enrol-4", token, SigningKey.generate())
                .statusCode(409)
                .contentType("application/problem+json")
                .body("code", equalTo("token-used-up"));
        given().get("/api/v1/devices/enrol-4").then().statusCode(404);
    }

    @Test
    void a_device_id_of_another_key_is_refused_though_the_token_has_uses() throws Exception {
        String token = token(5);
        JsonPath first = TestDevice.enrolled("enrol-5", token).enrolment();
        TestDevice.enrol("enrol-5", token, SigningKey.generate())
                .statusCode(409)
                .body("code", equalTo("device-id-taken"));
        try (DeviceClient client = new DeviceClient(first.getString("mqtt.url"), "enrol-5")) {
            client.connect("enrol-5", first.getString("mqtt.password"));
        }
    }

    @Test
    void an_expired_token_is_refused_for_its_own_device_too() throws Exception {
        String token = token(5);
        SigningKey key = SigningKey.generate();
        TestDevice.enrolled("enrol-6", token, key);
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "update enrolment_token set expires_at = now() - interval '1 second' where token_hash = ?")) {
            statement.setBytes(1, EnrolmentTokens.hash(token));
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
        TestDevice.enrol("enrol-6", token, key).statusCode(410).body("code", equalTo("token-expired"));
    }

    @Test
    void an_unknown_token_is_refused() {
        TestDevice.enrol("enrol-7", "tfe_nothing", SigningKey.generate())
                .statusCode(401)
                .body("code", equalTo("token-unknown"));
    }

    @Test
    void a_proof_for_another_token_device_or_key_is_none() {
        String token = token(5);
        SigningKey key = SigningKey.generate();
        byte[] spki = key.toPublicKey().getSpki().toByteArray();
        DeviceId device = new DeviceId("enrol-8");
        List<byte[]> proofs = List.of(
                key.sign(EnrolmentProof.toSign("tfe_other", device, spki)),
                key.sign(EnrolmentProof.toSign(token, new DeviceId("enrol-9"), spki)),
                SigningKey.generate().sign(EnrolmentProof.toSign(token, device, spki)),
                new byte[64],
                new byte[1]);
        for (byte[] proof : proofs) {
            post(body(token, "enrol-8", spki, proof)).statusCode(403).body("code", equalTo("proof-refused"));
        }
        given().get("/api/v1/devices/enrol-8").then().statusCode(404);
    }

    private static Map<String, Object> body(String token, String id, byte[] spki, byte[] proof) {
        return new HashMap<>(Map.of(
                "token",
                token,
                "deviceId",
                id,
                "publicKey",
                Base64.getEncoder().encodeToString(spki),
                "proof",
                Base64.getEncoder().encodeToString(proof),
                "hardwareClass",
                "bench-x86_64"));
    }

    private static io.restassured.response.ValidatableResponse post(Map<String, Object> body) {
        return given().contentType("application/json")
                .body(body)
                .post("/api/v1/enrol")
                .then()
                .contentType("application/problem+json");
    }

    @Test
    void what_breaks_a_rule_is_named_with_field_and_rule() {
        Map<String, Object> good = body("tfe_x", "enrol-10", new byte[44], new byte[64]);
        refused(good, "deviceId", "dev.10");
        refused(good, "deviceId", "dev/10");
        refused(good, "deviceId", "");
        refused(good, "publicKey", "***");
        refused(good, "proof", "***");
        refused(good, "hardwareClass", "");
        refused(good, "hardwareClass", "a b");
        refused(good, "token", "x".repeat(300));
        Map<String, Object> unknown = new HashMap<>(good);
        unknown.put("colour", "red");
        post(unknown).statusCode(400).body("code", equalTo("unknown-field"));
    }

    private static void refused(Map<String, Object> good, String field, String value) {
        Map<String, Object> bad = new HashMap<>(good);
        bad.put(field, value);
        post(bad).statusCode(400).body("violations.field", hasItem(field));
    }

    @Test
    void a_token_without_sense_is_refused() {
        for (Map<String, Object> bad : List.<Map<String, Object>>of(
                Map.of("kind", "TOY", "maxUses", 1, "validHours", 1),
                Map.of("kind", "REAL", "maxUses", 0, "validHours", 1),
                Map.of("kind", "REAL", "maxUses", 1, "validHours", 0),
                Map.of("kind", "REAL", "maxUses", 1),
                Map.of())) {
            given().header("X-TinyFleet", "console")
                    .contentType("application/json")
                    .body(bad)
                    .post("/api/v1/enrolment-tokens")
                    .then()
                    .statusCode(400)
                    .body("violations[0].rule", org.hamcrest.Matchers.notNullValue());
        }
    }

    @Test
    void many_devices_at_once_never_spend_more_uses_than_there_are() throws Exception {
        String token = token(3);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Integer>> attempts = IntStream.range(0, 8)
                    .<Callable<Integer>>mapToObj(i -> () -> TestDevice.enrol("crowd-" + i, token, SigningKey.generate())
                            .extract()
                            .statusCode())
                    .toList();
            List<Integer> codes = threads.invokeAll(attempts).stream()
                    .map(future -> {
                        try {
                            return future.get();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .toList();
            assertThat(codes).filteredOn(code -> code == 200).hasSize(3);
            assertThat(codes).filteredOn(code -> code == 409).hasSize(5);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void one_devices_secret_opens_nothing_for_another() throws Exception {
        String token = token(2);
        JsonPath dev7 = TestDevice.enrolled("ride-7", token).enrolment();
        TestDevice.enrolled("ride-8", token);
        try (DeviceClient own = new DeviceClient(dev7.getString("mqtt.url"), "ride-7")) {
            own.connect("ride-7", dev7.getString("mqtt.password"));
            own.publish(Topics.deviceOut(new DeviceId("ride-7"), OutLeaf.STATE), new byte[] {1});
            for (String user : List.of("ride-7", "ride-8")) {
                DeviceClient other = new DeviceClient(dev7.getString("mqtt.url"), "ride-8");
                assertThatThrownBy(() -> other.connect(user, dev7.getString("mqtt.password")))
                        .isInstanceOf(MqttException.class);
            }
        }
    }

    @Test
    void neither_tokens_nor_secrets_are_stored() throws Exception {
        String token = token(1);
        String password = TestDevice.enrolled("hidden-1", token).enrolment().getString("mqtt.password");
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "select count(*) from (select t::text as row from enrolment_token t union all"
                                + " select d::text from device d) all_rows where row like ? or row like ?")) {
            statement.setString(1, "%" + token + "%");
            statement.setString(2, "%" + password + "%");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                assertThat(row.getLong(1)).isZero();
            }
        }
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(home.keys().resolve("device-secrets.key"))))
                .isEqualTo("rw-------");
    }
}
