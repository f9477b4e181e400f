package io.tinyfleet.server.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the console is served; the files of the test resources stand in when it is not built in. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class ConsolePagesTest {
    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/devices", "/devices/dev-7", "/rollouts/new?step=2", "/apis"})
    void every_page_begins_with_the_same_file_which_is_asked_for_again_each_time(String path) {
        given().get(path)
                .then()
                .statusCode(200)
                .contentType(containsString("text/html"))
                .header("Cache-Control", "no-cache")
                .header("Content-Security-Policy", containsString("script-src 'self' 'sha256-"));
    }

    @Test
    void a_file_with_its_hash_in_its_name_is_kept_for_ever() {
        given().get("/assets/probe-0a1b2c3d.js")
                .then()
                .statusCode(200)
                .header("Cache-Control", "public, max-age=31536000, immutable");
    }

    @Test
    void a_file_that_is_not_there_is_no_page_and_not_kept() {
        given().get("/assets/gone-0a1b2c3d.js")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .body("code", equalTo("not-found"))
                .header("Cache-Control", "no-store");
    }

    @Test
    void only_reading_leads_to_a_page() {
        given().post("/devices/dev-7").then().statusCode(404).contentType("application/problem+json");
    }
}
