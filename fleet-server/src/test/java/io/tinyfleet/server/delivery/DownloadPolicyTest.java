package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "olga",
        roles = {"operator", "data", "viewer"})
class DownloadPolicyTest {
    @Inject
    DownloadPolicyRepository policies;

    private TestDevice device;

    @BeforeEach
    void a_device() throws Exception {
        device = TestDevice.enrol();
    }

    @AfterEach
    void disconnect() throws Exception {
        device.close();
    }

    @Test
    void a_policy_is_kept_and_shown() {
        given().get(path()).then().statusCode(200).body("maxBytesPerSecond", nullValue());

        put("{\"maxBytesPerSecond\":65536,\"metered\":true,\"meteredMaxBytes\":1000000,\"preferHttps\":true}")
                .statusCode(200)
                .body("maxBytesPerSecond", equalTo(65_536))
                .body("meteredMaxBytes", equalTo(1_000_000));

        assertThat(policies.list(Set.of(device.id(), new DeviceId("nobody"))))
                .containsOnlyKeys(device.id())
                .containsValue(DownloadPolicy.newBuilder()
                        .setMaxBytesPerSecond(65_536)
                        .setMetered(true)
                        .setMeteredMaxBytes(1_000_000)
                        .setPreferHttps(true)
                        .build());
    }

    @Test
    void what_is_left_out_has_no_limit() {
        put("{\"maxBytesPerSecond\":65536}").statusCode(200);

        put("{}").statusCode(200).body("maxBytesPerSecond", nullValue()).body("metered", equalTo(false));
    }

    @Test
    void numbers_out_of_bounds_are_refused_with_their_fields() {
        put("{\"maxBytesPerSecond\":100}").statusCode(400).body("violations[0].field", equalTo("maxBytesPerSecond"));
        put("{\"meteredMaxBytes\":5}").statusCode(400).body("violations[0].field", equalTo("meteredMaxBytes"));
        put("{\"metered\":true,\"meteredMaxBytes\":-5}").statusCode(400);
        put("{\"speed\":5}").statusCode(400);
    }

    @Test
    void an_unknown_device_has_no_policy() {
        given().get("/api/v1/devices/nobody/download-policy").then().statusCode(404);
        given().get("/api/v1/devices/no.body/download-policy").then().statusCode(404);
    }

    private String path() {
        return "/api/v1/devices/" + device.id() + "/download-policy";
    }

    private io.restassured.response.ValidatableResponse put(String body) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body(body)
                .put(path())
                .then();
    }
}
