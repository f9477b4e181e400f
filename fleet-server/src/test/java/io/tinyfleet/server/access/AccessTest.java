package io.tinyfleet.server.access;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyOrNullString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class AccessTest {
    @Inject
    Accounts accounts;

    @Inject
    ApiTokenRepository tokenRows;

    @Inject
    Home home;

    private String password;

    @BeforeEach
    void a_known_admin_password() {
        password = accounts.prepareAdmin(true).orElseThrow();
    }

    private static Response login(String name, String password) {
        return given().formParam("j_username", name)
                .formParam("j_password", password)
                .post("/auth/login");
    }

    private String cookie() {
        Response answer = login("admin", password);
        answer.then().statusCode(200);
        return answer.getCookie(Sessions.COOKIE);
    }

    private RequestSpecification console() {
        return given().cookie(Sessions.COOKIE, cookie())
                .header("X-TinyFleet", "console")
                .contentType("application/json");
    }

    private Response makeToken(String body) {
        return console().body(body).post("/api/v1/tokens");
    }

    private static RequestSpecification bearer(String token) {
        return given().header("Authorization", "Bearer " + token);
    }

    @Test
    void signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use() {
        login("admin", password)
                .then()
                .statusCode(200)
                .body("name", equalTo("admin"))
                .body("roles", contains("viewer", "data", "operator", "admin"))
                .body("method", equalTo("password"))
                .header("Set-Cookie", containsString("HTTPOnly"))
                .header("Set-Cookie", containsString("SameSite=Strict"))
                .header("Set-Cookie", containsString("Path=/"))
                .header("Set-Cookie", not(containsString("admin")));
        given().cookie(Sessions.COOKIE, cookie())
                .get("/api/v1/session")
                .then()
                .statusCode(200)
                .body("name", equalTo("admin"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wrong", "", " "})
    void a_wrong_password_is_refused_without_a_redirect(String wrong) {
        login("admin", wrong)
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .body("code", equalTo("login-refused"))
                .header("Set-Cookie", emptyOrNullString());
    }

    @Test
    void an_unknown_name_is_refused_like_a_wrong_password() {
        String known = login("admin", "wrong").then().extract().path("detail");
        String unknown =
                login("nobody", "wrong").then().statusCode(401).extract().path("detail");
        assertThat(unknown).isEqualTo(known);
    }

    @Test
    void a_password_longer_than_bcrypt_reads_is_refused() {
        login("admin", password + "x".repeat(100)).then().statusCode(401);
    }

    @Test
    void a_missing_form_field_is_named() {
        given().formParam("j_username", "admin")
                .post("/auth/login")
                .then()
                .statusCode(400)
                .body("violations.field", contains("j_password"));
    }

    @Test
    void too_many_failures_of_an_account_must_wait() {
        String account = "guessed-" + UUID.randomUUID();
        for (int guess = 0; guess < 10; guess++) {
            login(account, "guess").then().statusCode(401);
        }
        login(account, "guess")
                .then()
                .statusCode(429)
                .body("code", equalTo("too-many-logins"))
                .header("Retry-After", not(emptyOrNullString()));
    }

    @Test
    void nobody_has_no_session() {
        given().get("/api/v1/session")
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .body("code", equalTo("unauthenticated"));
    }

    @Test
    void a_forged_cookie_is_nobody() {
        given().cookie(Sessions.COOKIE, "A".repeat(80))
                .get("/api/v1/session")
                .then()
                .statusCode(401);
    }

    @Test
    void a_session_ends_when_the_password_changes() {
        String before = cookie();
        accounts.prepareAdmin(true);
        given().cookie(Sessions.COOKIE, before)
                .get("/api/v1/session")
                .then()
                .statusCode(401)
                .body("code", equalTo("credentials-refused"));
    }

    @Test
    void an_unsafe_request_by_cookie_needs_the_consoles_header() {
        given().cookie(Sessions.COOKIE, cookie())
                .contentType("application/json")
                .body("{\"name\":\"ci\",\"roles\":[\"viewer\"]}")
                .post("/api/v1/tokens")
                .then()
                .statusCode(403)
                .contentType("application/problem+json")
                .body("code", equalTo("csrf-header-missing"));
        given().cookie(Sessions.COOKIE, cookie())
                .header("X-TinyFleet", "other")
                .post("/auth/logout")
                .then()
                .statusCode(403)
                .body("code", equalTo("csrf-header-missing"));
    }

    @Test
    void signing_out_deletes_the_cookie() {
        console().post("/auth/logout").then().statusCode(204).header("Set-Cookie", containsString("Max-Age=0"));
    }

    @Test
    void a_token_is_shown_once_and_opens_what_its_roles_open() {
        Response made = makeToken("{\"name\":\"ci\",\"roles\":[\"operator\"]}");
        String token = made.then()
                .statusCode(201)
                .body("token", startsWith("tf_"))
                .extract()
                .path("token");
        bearer(token)
                .get("/api/v1/session")
                .then()
                .statusCode(200)
                .body("name", equalTo("token:ci"))
                .body("roles", contains("viewer", "operator"))
                .body("method", equalTo("token"));
        bearer(token).get("/api/v1/tokens").then().statusCode(403);
        String list = console()
                .get("/api/v1/tokens")
                .then()
                .statusCode(200)
                .body("items.id", hasItem(made.<String>path("id")))
                .extract()
                .asString();
        assertThat(list).doesNotContain(token).contains("lastUsedAt");
    }

    @Test
    void a_token_needs_no_console_header() {
        String token = makeToken("{\"name\":\"ci\",\"roles\":[\"admin\"]}").path("token");
        bearer(token)
                .contentType("application/json")
                .body("{\"name\":\"second\",\"roles\":[\"viewer\"]}")
                .post("/api/v1/tokens")
                .then()
                .statusCode(201);
    }

    @Test
    void a_revoked_token_opens_nothing() {
        Response made = makeToken("{\"name\":\"ci\",\"roles\":[\"viewer\"]}");
        console().delete("/api/v1/tokens/" + made.path("id")).then().statusCode(204);
        bearer(made.path("token"))
                .get("/api/v1/session")
                .then()
                .statusCode(401)
                .body("code", equalTo("credentials-refused"));
        console().delete("/api/v1/tokens/" + made.path("id")).then().statusCode(404);
    }

    @Test
    void an_expired_token_opens_nothing() {
        Response made = makeToken("{\"name\":\"ci\",\"roles\":[\"viewer\"],\"expiresAt\":\"2099-01-01T00:00:00Z\"}");
        QuarkusTransaction.requiringNew()
                .run(() -> tokenRows.update(
                        "expiresAt = ?1 where id = ?2",
                        Instant.EPOCH.plus(1, ChronoUnit.DAYS),
                        UUID.fromString(made.path("id"))));
        bearer(made.path("token")).get("/api/v1/session").then().statusCode(401);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tf_",
                "tf_short",
                "tf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "something else",
                "eyJhbGciOiJub25lIn0.e30."
            })
    void a_token_nobody_made_is_refused(String token) {
        bearer(token).get("/api/v1/session").then().statusCode(401).contentType("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"\",\"roles\":[\"viewer\"]}",
                "{\"name\":\"ci\",\"roles\":[]}",
                "{\"name\":\"ci\"}",
                "{\"name\":\"ci\",\"roles\":[\"king\"]}",
                "{\"name\":\"ci\",\"roles\":[null]}",
                "{\"name\":\"ci\",\"roles\":[\"viewer\"],\"expiresAt\":\"2001-01-01T00:00:00Z\"}",
                "{\"name\":\"ci\",\"roles\":[\"viewer\"],\"expiresAt\":\"tomorrow\"}",
                "{\"name\":\"ci\",\"roles\":[\"viewer\"],\"token\":\"tf_mine\"}",
            })
    void a_token_that_breaks_a_rule_is_not_made(String body) {
        makeToken(body).then().statusCode(400).contentType("application/problem+json");
    }

    @Test
    void only_hashes_are_stored() throws IOException {
        String token = makeToken("{\"name\":\"ci\",\"roles\":[\"viewer\"]}").path("token");
        ApiTokenEntity row = QuarkusTransaction.requiringNew()
                .call(() -> tokenRows.findByHash(new ApiToken(token).hash()).orElseThrow());
        assertThat(row.tokenHash).hasSize(32);
        assertThat(Files.getPosixFilePermissions(home.keys().resolve("session.key")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void metrics_and_the_description_of_the_api_are_open_to_this_machine() {
        given().get("/q/metrics").then().statusCode(200);
        given().accept("application/json").get("/q/openapi").then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/q/metrics", "/q/openapi"})
    void metrics_and_the_description_of_the_api_need_a_role_from_elsewhere(String path) {
        given().header("X-Forwarded-For", "192.0.2.1")
                .get(path)
                .then()
                .statusCode(401)
                .contentType("application/problem+json");
    }

    @Test
    void health_is_open_to_everybody() {
        given().header("X-Forwarded-For", "192.0.2.1")
                .get("/q/health/live")
                .then()
                .statusCode(200);
    }
}
