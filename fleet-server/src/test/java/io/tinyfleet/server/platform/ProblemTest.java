package io.tinyfleet.server.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class ProblemTest {
    private static ValidatableResponse post(String body) {
        return given().contentType("application/json")
                .body(body)
                .post("/api/probe/plan")
                .then();
    }

    private static ValidatableResponse isProblem(ValidatableResponse answer, int status, String code) {
        String requestId = answer.extract().header("X-Request-Id");
        return answer.statusCode(status)
                .contentType("application/problem+json")
                .body("status", equalTo(status))
                .body("code", equalTo(code))
                .body("type", equalTo("urn:tinyfleet:problem:" + code))
                .body("instance", startsWith("/"))
                .body("requestId", equalTo(requestId));
    }

    @Test
    void an_unknown_field_is_named_with_those_that_exist() {
        isProblem(post("{\"name\":\"a\",\"wave\":[]}"), 400, "unknown-field")
                .body("violations.field", contains("wave"))
                .body("violations[0].rule", containsString("at, even, kind, name, waves"));
    }

    @Test
    void an_unknown_field_inside_a_list_is_named_with_its_path() {
        isProblem(
                        post("{\"name\":\"a\",\"waves\":[{\"percent\":1},{\"percent\":2,\"precent\":2}]}"),
                        400,
                        "unknown-field")
                .body("violations.field", contains("waves[1].precent"));
    }

    @Test
    void malformed_json_is_refused_with_line_and_column() {
        isProblem(post("{\n \"name\": }"), 400, "malformed-json").body("detail", containsString("line 2, column "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\":\"a\",\"name\":\"b\"} | malformed-json",
                "{\"name\":\"a\"} {} | malformed-json",
                "[] | invalid",
                "\"text\" | invalid",
                "{\"name\":\"a\",\"waves\":[{\"percent\":1.5}]} | invalid",
                "{\"name\":\"a\",\"waves\":[{\"percent\":\"7\"}]} | invalid",
                "{\"name\":\"a\",\"waves\":[{\"percent\":null}]} | invalid",
                "{\"name\":\"a\",\"waves\":[{\"percent\":99999999999}]} | invalid",
                "{\"name\":\"a\",\"kind\":1} | invalid",
            })
    void json_of_another_shape_is_refused(String body, String code) {
        isProblem(post(body), 400, code);
    }

    @Test
    void a_wrong_enum_value_is_answered_with_the_right_ones() {
        isProblem(post("{\"name\":\"a\",\"kind\":\"FAKE\"}"), 400, "invalid")
                .body("violations.field", contains("kind"))
                .body("violations.rule", contains("must be one of REAL, REPLAY"))
                .body("violations.value", contains("FAKE"));
    }

    @Test
    void broken_rules_are_listed_together() {
        isProblem(post("{\"waves\":[{\"percent\":0},{\"percent\":101}]}"), 400, "invalid")
                .body("violations.field", contains("name", "waves[0].percent", "waves[1].percent"))
                .body("violations.value", hasItem("101"));
    }

    @Test
    void a_value_that_refuses_itself_says_why() {
        isProblem(post("{\"name\":\"a\",\"even\":{\"number\":3}}"), 400, "invalid")
                .body("violations[0].field", equalTo("even"))
                .body("violations[0].rule", equalTo("number must be even, got 3"));
    }

    @Test
    void an_empty_body_is_refused() {
        isProblem(
                given().contentType("application/json").post("/api/probe/plan").then(), 400, "invalid");
    }

    @Test
    void a_json_body_over_the_limit_is_refused() {
        String padding = "x".repeat((int) JsonRules.MAX_BODY_BYTES);
        isProblem(post("{\"name\":\"" + padding + "\"}"), 413, "too-large");
    }

    @Test
    void a_body_of_another_type_is_refused() {
        isProblem(
                given().contentType("text/plain")
                        .body("name: a")
                        .post("/api/probe/plan")
                        .then(),
                415,
                "unsupported-media-type");
    }

    @Test
    void another_method_is_refused() {
        isProblem(given().delete("/api/probe/plan").then(), 405, "method-not-allowed");
    }

    @Test
    void a_media_type_that_is_not_there_is_refused() {
        isProblem(given().accept("image/png").get("/api/probe/absent").then(), 406, "not-acceptable");
    }

    @ParameterizedTest
    @CsvSource({"/api/nothing", "/api", "/auth/nothing", "/blobs", "/q/nothing"})
    void an_address_without_anything_is_not_found(String path) {
        isProblem(given().get(path).then(), 404, "not-found");
    }

    @Test
    void an_id_that_is_none_is_not_found() {
        isProblem(given().get("/api/probe/things/7?limit=1").then(), 404, "not-found");
    }

    @Test
    void a_query_parameter_out_of_bounds_is_named() {
        isProblem(
                        given().get("/api/probe/things/00000000-0000-7000-8000-000000000000?limit=501")
                                .then(),
                        400,
                        "invalid")
                .body("violations.field", contains("limit"))
                .body("violations.value", contains("501"));
    }

    @Test
    void a_refusal_of_a_use_case_keeps_its_sentence() {
        isProblem(
                        given().get("/api/probe/things/00000000-0000-7000-8000-000000000000?limit=1")
                                .then(),
                        404,
                        "not-found")
                .body("detail", equalTo("There is no thing 00000000-0000-7000-8000-000000000000."));
    }

    @Test
    void a_fault_tells_nothing_but_its_request_id() {
        isProblem(given().get("/api/probe/fault").then(), 500, "internal")
                .body("detail", not(containsString("secret")));
    }

    @Test
    void nobody_is_asked_to_sign_in() {
        isProblem(given().get("/api/probe/operators").then(), 401, "unauthenticated")
                .header("WWW-Authenticate", startsWith("Bearer"));
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void a_role_that_does_not_allow_it_is_forbidden() {
        isProblem(given().get("/api/probe/operators").then(), 403, "forbidden");
    }

    @Test
    @TestSecurity(
            user = "ada",
            roles = {"viewer", "data", "operator", "admin"})
    void an_endpoint_that_names_no_role_is_closed_to_everybody() {
        isProblem(given().get("/api/forgotten").then(), 403, "forbidden");
    }

    @Test
    void absent_values_are_left_out_of_answers() {
        given().get("/api/probe/absent").then().statusCode(200).body("$", not(hasKey("nothing")));
    }

    @Test
    void every_answer_carries_the_security_headers() {
        given().get("/api/nothing")
                .then()
                .header("Content-Security-Policy", containsString("default-src 'none'"))
                .header("X-Content-Type-Options", "nosniff")
                .header("Cache-Control", "no-store");
    }
}
