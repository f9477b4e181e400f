package io.tinyfleet.server.model;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Aliases, tags, cards, lineage and withdrawal: what stands beside signed releases. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "dana",
        roles = {"data", "viewer"})
class RegistryApiTest {
    @Inject
    ReleaseDirectory releases;

    private String model = "";
    private String artifact = "";

    @BeforeEach
    void a_model_with_a_file() {
        model = "reg-" + UUID.randomUUID();
        json("{\"name\":\"" + model + "\",\"licence\":\"apache-2.0\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(201)
                .body("licence", equalTo("Apache-2.0"))
                .body("hasCard", equalTo(false));
        artifact = given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(OnnxFile.voiceActivity(model).bytes())
                .post("/api/v1/artifacts")
                .then()
                .statusCode(201)
                .body("inspection.estimatedPeakRamBytes", notNullValue())
                .body("inspection.parameterBytesByType.float32", notNullValue())
                .extract()
                .path("sha256");
    }

    @Test
    void an_alias_is_made_moved_removed_and_remembered() {
        release("1.0.0", "").statusCode(201);
        release("1.1.0", "").statusCode(201);

        alias("champion", "{\"version\":\"1.0.0\",\"revision\":0}")
                .statusCode(200)
                .body("revision", equalTo(1))
                .body("version", equalTo("1.0.0"));
        alias("champion", "{\"version\":\"1.1.0\",\"revision\":1}")
                .statusCode(200)
                .body("revision", equalTo(2));
        given().get(url("/versions/champion")).then().statusCode(200).body("version", equalTo("1.1.0"));
        given().get("/api/v1/models")
                .then()
                .body(
                        "items.find { it.name == '" + model + "' }.releases.find { it.version == '1.1.0' }.aliases",
                        contains("champion"));
        console().delete(url("/aliases/champion?revision=2")).then().statusCode(204);

        given().get(url("/versions/champion")).then().statusCode(404);
        given().get(url("/aliases")).then().body("items.size()", equalTo(0));
        given().get(url("/aliases/champion/history"))
                .then()
                .statusCode(200)
                .body("items.revision", contains(3, 2, 1))
                .body("items[0].fromVersion", equalTo("1.1.0"))
                .body("items[1].toVersion", equalTo("1.1.0"))
                .body("items[2].changedBy", equalTo("dana"));
        // The name comes back and counts on.
        alias("champion", "{\"version\":\"1.0.0\"}").statusCode(200).body("revision", equalTo(4));
    }

    @Test
    void an_alias_that_somebody_moved_is_not_moved_unknowingly() {
        release("1.0.0", "").statusCode(201);
        alias("champion", "{\"version\":\"1.0.0\"}").statusCode(200);

        alias("champion", "{\"version\":\"1.0.0\",\"revision\":0}")
                .statusCode(409)
                .body("code", equalTo("alias-moved"))
                .body("detail", containsString("revision 1, not 0"));
        console().delete(url("/aliases/champion?revision=7")).then().statusCode(409);
    }

    @Test
    void aliases_that_could_be_versions_or_point_nowhere_are_refused() {
        release("1.0.0", "").statusCode(201);

        for (String name : new String[] {"1.0.0", "1", "Champion", "a.b", "-x"}) {
            alias(name, "{\"version\":\"1.0.0\"}").statusCode(400).body("violations.field", hasItems("alias"));
        }
        alias("champion", "{\"version\":\"9.9.9\"}").statusCode(404);
        alias("champion", "{}").statusCode(400);
        json("{\"version\":\"1.0.0\"}")
                .put("/api/v1/models/nobody/aliases/champion")
                .then()
                .statusCode(404);
    }

    @Test
    void a_withdrawn_release_is_not_live_and_comes_back() {
        String id = release("1.0.0", "").statusCode(201).extract().path("id");
        assertThat(live(id)).isTrue();

        json("{\"reason\":\"hears voices\"}")
                .put("/api/v1/releases/" + id + "/withdrawal")
                .then()
                .statusCode(200)
                .body("withdrawn.reason", equalTo("hears voices"))
                .body("withdrawn.by", equalTo("dana"));

        assertThat(live(id)).isFalse();
        alias("champion", "{\"version\":\"1.0.0\"}").statusCode(409).body("code", equalTo("release-withdrawn"));
        json("{\"releaseId\":\"" + id + "\",\"slot\":\"vad\",\"waves\":[{\"name\":\"all\",\"percent\":100}]}")
                .post("/api/v1/rollouts")
                .then()
                .statusCode(403);
        console().delete("/api/v1/releases/" + id + "/withdrawal").then().statusCode(200);
        assertThat(live(id)).isTrue();
    }

    @Test
    void a_withdrawal_needs_a_reason_and_no_alias() {
        String id = release("1.0.0", "").statusCode(201).extract().path("id");
        alias("champion", "{\"version\":\"1.0.0\"}").statusCode(200);

        json("{}").put("/api/v1/releases/" + id + "/withdrawal").then().statusCode(400);
        json("{\"reason\":\"x\"}")
                .put("/api/v1/releases/" + id + "/withdrawal")
                .then()
                .statusCode(409)
                .body("code", equalTo("release-has-alias"))
                .body("detail", containsString("champion"));
    }

    @Test
    void a_release_is_removed_only_while_nobody_used_it() {
        String unused = release("1.0.0", "").statusCode(201).extract().path("id");
        String used = release("1.1.0", "").statusCode(201).extract().path("id");
        releases.markUsed(ReleaseId.parse(used));

        console().delete("/api/v1/releases/" + unused).then().statusCode(204);
        given().get("/api/v1/releases/" + unused).then().statusCode(404);
        console()
                .delete("/api/v1/releases/" + used)
                .then()
                .statusCode(409)
                .body("code", equalTo("release-used"))
                .body("detail", containsString("offered to devices first at"));
        given().get("/api/v1/releases/" + used).then().statusCode(200).body("usedAt", notNullValue());
    }

    @Test
    void lineage_and_tags_stay_with_the_release() {
        String base = release("1.0.0", "").statusCode(201).extract().path("id");

        String id = release(
                        "1.1.0",
                        ",\"tags\":[\"edge\",\"int8\"],\"lineage\":{\"baseRelease\":\"" + base
                                + "\",\"dataset\":\"speech-3\",\"calibrationSet\":\"room-noise\",\"calibrationSha256\":\""
                                + "ab".repeat(32) + "\",\"trainingRun\":\"https://runs.example.org/17\"}")
                .statusCode(201)
                .body("lineage.baseRelease", equalTo(base))
                .body("tags", contains("edge", "int8"))
                .extract()
                .path("id");

        json("{\"tags\":[\"int8\",\"best\"]}")
                .put("/api/v1/releases/" + id + "/tags")
                .then()
                .statusCode(204);
        given().get("/api/v1/releases/" + id)
                .then()
                .body("tags", contains("best", "int8"))
                .body("lineage.trainingRun", equalTo("https://runs.example.org/17"));
    }

    @Test
    void lineage_that_leads_nowhere_is_refused() {
        release(
                        "1.0.0",
                        ",\"tags\":[\"No Good\"],\"lineage\":{\"baseRelease\":\"" + UUID.randomUUID()
                                + "\",\"datasetSha256\":\"12\",\"trainingRun\":\"javascript:alert(1)\"}")
                .statusCode(422)
                .body(
                        "violations.field",
                        hasItems("lineage.baseRelease", "lineage.datasetSha256", "lineage.trainingRun", "tags[0]"));
    }

    @Test
    void licences_are_spdx() {
        for (String licence : new String[] {"MIT License", "free", "MIT AND", "(MIT", "MIT/Apache"}) {
            json("{\"name\":\"x-" + UUID.randomUUID() + "\",\"licence\":\"" + licence + "\"}")
                    .post("/api/v1/models")
                    .then()
                    .statusCode(422)
                    .body("violations.field", hasItems("licence"));
        }
        json("{\"name\":\"x-" + UUID.randomUUID() + "\",\"licence\":\"LicenseRef-House OR (mit and ISC)\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(422);
        json("{\"name\":\"x-" + UUID.randomUUID() + "\",\"licence\":\"LicenseRef-House OR (mit AND isc)\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(201)
                .body("licence", equalTo("LicenseRef-House OR (MIT AND ISC)"));
    }

    @Test
    void a_card_is_given_back_as_it_was_written() {
        given().get(url("/card")).then().statusCode(404);
        String card = "# VAD\n\n<script>alert(1)</script> *höre*\n";

        card(card.getBytes(java.nio.charset.StandardCharsets.UTF_8)).statusCode(204);

        String back = given().get(url("/card"))
                .then()
                .statusCode(200)
                .contentType(containsString("text/markdown"))
                .extract()
                .asString();
        assertThat(back).isEqualTo(card);
        card(new byte[DescribeModel.MAX_CARD_BYTES + 1]).statusCode(413);
        card(new byte[] {(byte) 0xff, (byte) 0xfe}).statusCode(422).body("code", equalTo("not-text"));
        card(new byte[0]).statusCode(204);
        given().get(url("/card")).then().statusCode(404);
    }

    @Test
    void releases_are_ordered_by_version_when_asked() {
        for (String version : new String[] {"1.10.0", "1.9.0", "2.0.0-rc.2", "2.0.0-rc.11", "2.0.0", "1.10.0-alpha"}) {
            release(version, "").statusCode(201);
        }

        given().get(url("/releases?order=version"))
                .then()
                .body(
                        "items.version",
                        contains("2.0.0", "2.0.0-rc.11", "2.0.0-rc.2", "1.10.0", "1.10.0-alpha", "1.9.0"));
        given().get(url("/releases")).then().body("items[0].version", equalTo("1.10.0-alpha"));
        given().get(url("/releases?order=size")).then().statusCode(400);
    }

    @Test
    void what_a_variant_needs_is_said_and_checked() {
        String variant = ",\"variants\":[{\"name\":\"onnx\",\"artifact\":\"" + artifact
                + "\",\"runtime\":\"onnxruntime\",\"accelerators\":[\"%s\"],\"flashBytes\":%d}]}";
        String head = "{\"version\":\"1.0.0\",\"licence\":\"MIT\"";

        json(head + variant.formatted("No Such", -1))
                .post(url("/releases"))
                .then()
                .statusCode(422)
                .body("violations.field", hasItems("variants[0].accelerators[0]", "variants[0].flashBytes"));
        json(head + variant.formatted("cuda", 5_000_000))
                .post(url("/releases"))
                .then()
                .statusCode(201)
                .body("variants[0].accelerators", contains("cuda"))
                .body("variants[0].flashBytes", equalTo(5_000_000));
    }

    @Test
    void a_preview_tells_devices_that_get_nothing() {
        String id = release("1.0.0", "").statusCode(201).extract().path("id");

        json("{\"filter\":{\"devices\":[\"nobody-" + UUID.randomUUID() + "\"]}}")
                .post("/api/v1/releases/" + id + "/variant-preview")
                .then()
                .statusCode(200)
                .body("devices", equalTo(0))
                .body("groups.size()", equalTo(0));
        json("{\"filter\":{\"devices\":[\"a/b\"]}}")
                .post("/api/v1/releases/" + id + "/variant-preview")
                .then()
                .statusCode(400);
        json("{}")
                .post("/api/v1/releases/" + UUID.randomUUID() + "/variant-preview")
                .then()
                .statusCode(404);
    }

    private boolean live(String id) {
        ReleaseId release = ReleaseId.parse(id);
        boolean listed = releases.listLive().stream().anyMatch(view -> view.id().equals(release));
        assertThat(releases.isLive(release)).isEqualTo(listed);
        return listed;
    }

    private ValidatableResponse release(String version, String more) {
        return json("{\"version\":\"" + version + "\",\"licence\":\"MIT\"" + more
                        + ",\"variants\":[{\"name\":\"onnx\",\"artifact\":\"" + artifact
                        + "\",\"runtime\":\"onnxruntime\"}]}")
                .post(url("/releases"))
                .then();
    }

    private ValidatableResponse alias(String name, String body) {
        return json(body).put(url("/aliases/" + name)).then();
    }

    private ValidatableResponse card(byte[] body) {
        return given().header("X-TinyFleet", "console")
                .contentType("text/markdown")
                .body(body)
                .put(url("/card"))
                .then();
    }

    private String url(String rest) {
        return "/api/v1/models/" + model + rest;
    }

    private static RequestSpecification json(String body) {
        return console().contentType("application/json").body(body);
    }

    private static RequestSpecification console() {
        return given().header("X-TinyFleet", "console");
    }
}
