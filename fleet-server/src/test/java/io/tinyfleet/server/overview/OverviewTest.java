package io.tinyfleet.server.overview;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasKey;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.server.platform.DatabaseResource;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class OverviewTest {
    @Test
    void nobody_sees_nothing() {
        given().get("/api/v1/overview").then().statusCode(401).contentType("application/problem+json");
    }

    @Test
    @TestSecurity(user = "ida", roles = "unknown-role")
    void a_person_without_a_role_of_ours_sees_nothing() {
        given().get("/api/v1/overview").then().statusCode(403);
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void the_page_has_every_part_and_figures_that_were_not_measured_have_no_value() {
        given().get("/api/v1/overview")
                .then()
                .statusCode(200)
                .body("$", hasKey("fleetTotal"))
                .body("states", hasKey("HEALTHY"))
                .body("kinds", hasKey("REAL"))
                .body("vitals.metric", contains("online", "latencyP95", "energy", "failures"))
                .body("vitals.unit", contains("share", "ms", "mJ", "share"))
                .body("vitals", everyItem(hasKey("series")));
    }
}
