package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.server.platform.DatabaseResource;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class ShadowRolesTest {
    private static final String PATH = "/api/v1/devices/nobody/slots/vad/shadow";

    private static int put() {
        return given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{\"releaseId\":\"018e0000-0001-7abc-8def-0123456789ab\"}")
                .put(PATH)
                .statusCode();
    }

    private static int delete() {
        return given().header("X-TinyFleet", "console").delete(PATH).statusCode();
    }

    private static int get(String path) {
        return given().get(path).statusCode();
    }

    private static void answers(int expected, int... statuses) {
        org.assertj.core.api.Assertions.assertThat(statuses).containsOnly(expected);
    }

    @Test
    @TestSecurity(
            user = "vera",
            roles = {"viewer"})
    void a_viewer_sees_shadows_and_starts_and_ends_none() {
        answers(403, put(), delete());
        answers(404, get("/api/v1/devices/nobody/shadows"));
        answers(200, get("/api/v1/telemetry/shadows"));
    }

    @Test
    @TestSecurity(
            user = "dana",
            roles = {"data"})
    void the_data_team_reads_what_shadows_have_said() {
        answers(403, put(), delete());
        answers(200, get("/api/v1/telemetry/shadows?artifact=" + "ab".repeat(32)));
        answers(400, get("/api/v1/telemetry/shadows?artifact=x"), get("/api/v1/telemetry/shadows?since=yesterday"));
    }

    @Test
    void nobody_asks_without_a_name() {
        answers(401, put(), delete(), get("/api/v1/devices/nobody/shadows"), get("/api/v1/telemetry/shadows"));
    }
}
