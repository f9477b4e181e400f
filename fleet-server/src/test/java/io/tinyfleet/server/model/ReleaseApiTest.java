package io.tinyfleet.server.model;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.delivery.TrustKeys;
import io.tinyfleet.server.platform.DatabaseResource;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "dana",
        roles = {"data", "viewer"})
class ReleaseApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    TrustKeys trust;

    @Inject
    BlobStore blobs;

    @Inject
    AgroalDataSource database;

    private String model = "";

    @BeforeEach
    void a_model_of_its_own() {
        model = "vad-" + UUID.randomUUID();
        console()
                .body("{\"name\":\"" + model + "\",\"task\":\"voice activity\",\"licence\":\"MIT\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(201)
                .body("name", equalTo(model));
    }

    @Test
    void a_release_is_signed_stored_and_announced() throws TrustException, IOException, SQLException {
        String artifact = upload(OnnxFile.voiceActivity("signed").bytes(), "");

        JsonNode release = JSON.readTree(publish(request("1.2.3", artifact))
                .statusCode(201)
                .header("Location", containsString("/api/v1/releases/"))
                .body("model", equalTo(model))
                .body("version", equalTo("1.2.3"))
                .body("createdBy", equalTo("dana"))
                .body("variants[0].artifact", equalTo(artifact))
                .body("variants[0].precision", equalTo("fp32"))
                .body("variants[0].pipeline.audioFrames.feedback[0].output", equalTo("stateN"))
                .extract()
                .asString());

        Digest envelopeDigest = Digest.parse(release.get("envelopeSha256").asText());
        byte[] envelope = blobs.find(envelopeDigest).orElseThrow().read(0, 1 << 20);
        assertThat(given().get("/api/v1/releases/" + release.get("id").asText() + "/envelope")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asByteArray())
                .isEqualTo(envelope);
        given().get("/api/v1/releases/" + UUID.randomUUID() + "/envelope")
                .then()
                .statusCode(404);
        Release manifest = Releases.verify(TrustedRoot.pin(trust.rootEnvelope()), envelopeDigest, envelope);
        assertThat(ReleaseId.fromBytes(manifest.getReleaseId()))
                .hasToString(release.get("id").asText());
        assertThat(manifest.getVariants(0).getTarget().getSha256())
                .isEqualTo(Digest.parse(artifact).toBytes());
        assertThat(manifest.getVariants(0).getCompatibility().getInputsCount()).isEqualTo(3);
        assertThat(manifest.getVariants(0).getPipeline().getAudioFrames().getFrameSamples())
                .isEqualTo(512);
        given().get("/api/v1/releases/" + release.get("id").asText())
                .then()
                .statusCode(200)
                .body("envelopeSha256", equalTo(envelopeDigest.hex()));
        given().get("/api/v1/models/" + model + "/releases")
                .then()
                .statusCode(200)
                .body("items.version", hasItems("1.2.3"));
        given().get("/api/v1/models")
                .then()
                .statusCode(200)
                .body("items.find { it.name == '" + model + "' }.releases[0].version", equalTo("1.2.3"));
        assertThat(liveEvents(release.get("id").asText())).isEqualTo(1);
    }

    @Test
    void a_release_never_changes() {
        String artifact = upload(OnnxFile.voiceActivity("twice").bytes(), "");
        publish(request("1.0.0", artifact)).statusCode(201);

        publish(request("1.0.0", artifact)).statusCode(409).body("code", equalTo("release-exists"));
    }

    @Test
    void an_unknown_artifact_is_refused_with_its_place() {
        publish(request("1.0.0", "0".repeat(64)))
                .statusCode(422)
                .contentType("application/problem+json")
                .body("code", equalTo("release-refused"))
                .body("violations.field", hasItems("variants[0].artifact"));
    }

    @Test
    void an_unknown_field_is_refused() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("field").bytes(), ""));
        ((ObjectNode) request.at("/variants/0")).put("artefact", "x");

        publish(request).statusCode(400).body("code", equalTo("unknown-field"));
    }

    @Test
    void a_version_that_is_not_semantic_is_refused() {
        String artifact = upload(OnnxFile.voiceActivity("semver").bytes(), "");
        for (String version : new String[] {"1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0+build", "latest", ""}) {
            publish(request(version, artifact)).statusCode(422).body("violations.field", hasItems("version"));
        }
    }

    @Test
    void an_unknown_runtime_is_refused() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("runtime").bytes(), ""));
        ((ObjectNode) request.at("/variants/0")).put("runtime", "pytorch");

        publish(request).statusCode(422).body("violations.field", hasItems("variants[0].runtime"));
    }

    @Test
    void a_pipeline_may_only_name_what_the_model_has() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("pipeline").bytes(), ""));
        ObjectNode frames = (ObjectNode) request.at("/variants/0/pipeline/audioFrames");
        frames.put("input", "samples");
        frames.put("scoreOutput", "probability");
        ((ObjectNode) frames.at("/feedback/0")).put("output", "stateOut");

        publish(request)
                .statusCode(422)
                .body(
                        "violations.field",
                        hasItems(
                                "variants[0].pipeline.audioFrames.input",
                                "variants[0].pipeline.audioFrames.scoreOutput",
                                "variants[0].pipeline.audioFrames.feedback[0].output"))
                .body("violations.value", hasItems("samples", "probability", "stateOut", "input"));
    }

    @Test
    void a_state_of_another_shape_is_refused() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("shape").bytes(), ""));
        ((ObjectNode) request.at("/variants/0/pipeline/audioFrames/feedback/0"))
                .putArray("shape")
                .add(2)
                .add(1)
                .add(64);

        publish(request)
                .statusCode(422)
                .body("violations.field", hasItems("variants[0].pipeline.audioFrames.feedback[0].input"))
                .body("violations.rule", hasItems("must be FLOAT32[2, 1, 64], the model has FLOAT32[2, ?, 128]"));
    }

    @Test
    void an_input_that_nothing_feeds_is_refused() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("unfed").bytes(), ""));
        ((ObjectNode) request.at("/variants/0/pipeline/audioFrames")).putArray("constants");

        publish(request)
                .statusCode(422)
                .body("violations[0].field", equalTo("variants[0].pipeline.audioFrames"))
                .body("violations[0].value", equalTo("sr"));
    }

    @Test
    void the_self_test_of_another_model_is_refused() {
        String vectors = upload(SelfTestFile.plain().toByteArray(), "?kind=self-test");
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("self-test").bytes(), ""));
        ((ObjectNode) request.at("/variants/0"))
                .putObject("selfTest")
                .put("vectors", vectors)
                .put("absoluteTolerance", 0.001)
                .put("relativeTolerance", 0.001);

        publish(request)
                .statusCode(422)
                .body("violations.field", hasItems("variants[0].selfTest.vectors"))
                .body("violations[0].rule", containsString("no input named \"x\""));
    }

    @Test
    void a_fitting_self_test_is_signed_with_the_release() {
        String vectors = upload(SelfTestFile.plain().toByteArray(), "?kind=self-test");
        ObjectNode request = request("1.0.0", upload(OnnxFile.plain("tested").bytes(), ""));
        ObjectNode variant = (ObjectNode) request.at("/variants/0");
        variant.remove("pipeline");
        variant.putObject("selfTest")
                .put("vectors", vectors)
                .put("absoluteTolerance", 0.001)
                .put("relativeTolerance", 0.01);

        publish(request).statusCode(201).body("variants[0].selfTest.vectors", equalTo(vectors));
    }

    @Test
    void a_self_test_is_no_model() {
        String vectors = upload(SelfTestFile.plain().toByteArray(), "?kind=self-test");

        publish(request("1.0.0", vectors)).statusCode(422).body("violations.field", hasItems("variants[0].artifact"));
    }

    @Test
    void one_file_cannot_be_two_variants() {
        ObjectNode request =
                request("1.0.0", upload(OnnxFile.voiceActivity("double").bytes(), ""));
        ObjectNode second = request.at("/variants/0").deepCopy();
        ((com.fasterxml.jackson.databind.node.ArrayNode) request.get("variants")).add(second.put("name", "second"));

        publish(request).statusCode(422).body("violations.field", hasItems("variants[1].artifact"));
    }

    @Test
    void all_that_is_wrong_is_said_at_once() {
        console()
                .body("{\"variants\":[{}]}")
                .post("/api/v1/models/" + model + "/releases")
                .then()
                .statusCode(422)
                .body(
                        "violations.field",
                        hasItems(
                                "version",
                                "licence",
                                "variants[0].name",
                                "variants[0].artifact",
                                "variants[0].runtime"));
        console()
                .body("{\"version\":\"1.0.0\",\"licence\":\"MIT\",\"variants\":[null]}")
                .post("/api/v1/models/" + model + "/releases")
                .then()
                .statusCode(422)
                .body("violations.field", hasItems("variants[0]"));
    }

    @Test
    void the_security_version_never_goes_back() {
        String artifact = upload(OnnxFile.voiceActivity("floor").bytes(), "");
        publish(request("1.0.0", artifact).put("securityVersion", 3)).statusCode(201);

        publish(request("1.0.1", artifact).put("securityVersion", 2))
                .statusCode(409)
                .body("code", equalTo("security-version-goes-back"));
        publish(request("1.0.1", artifact)).statusCode(201).body("securityVersion", equalTo(3));
    }

    @Test
    void an_unknown_model_has_no_releases() {
        console()
                .body(request("1.0.0", "0".repeat(64)).toString())
                .post("/api/v1/models/nobody/releases")
                .then()
                .statusCode(404);
        given().get("/api/v1/models/nobody/releases").then().statusCode(404);
        given().get("/api/v1/releases/" + UUID.randomUUID()).then().statusCode(404);
        given().get("/api/v1/releases/1").then().statusCode(404);
    }

    @Test
    void a_model_is_named_once_and_plainly() {
        console()
                .body("{\"name\":\"" + model + "\",\"licence\":\"MIT\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(409)
                .body("code", equalTo("model-exists"));
        console()
                .body("{\"name\":\"../etc\",\"description\":\"\"}")
                .post("/api/v1/models")
                .then()
                .statusCode(422)
                .body("violations.field", hasItems("name", "description", "licence"));
    }

    private ValidatableResponse publish(JsonNode request) {
        return console()
                .body(request.toString())
                .post("/api/v1/models/" + model + "/releases")
                .then();
    }

    private static ObjectNode request(String version, String artifact) {
        try {
            return (ObjectNode) JSON.readTree("""
                    {"version": "%s", "licence": "MIT", "variants": [{
                      "name": "onnx-fp32", "artifact": "%s", "runtime": "onnxruntime", "minRuntime": "1.17",
                      "abi": ["linux-x86_64-glibc"], "precision": "fp32", "ramPeakBytes": 8000000,
                      "pipeline": {"audioFrames": {"sampleRateHz": 16000, "frameSamples": 512, "contextSamples": 64,
                        "input": "input", "feedback": [{"input": "state", "output": "stateN", "shape": [2, 1, 128]}],
                        "constants": [{"input": "sr", "int64": 16000}], "scoreOutput": "output", "scoreThreshold": 0.5}},
                      "budgets": {"p95Millis": 20.0}
                    }]}
                    """.formatted(version, artifact));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static String upload(byte[] file, String query) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(file)
                .post("/api/v1/artifacts" + query)
                .then()
                .extract()
                .path("sha256");
    }

    private static RequestSpecification console() {
        return given().header("X-TinyFleet", "console").contentType("application/json");
    }

    private int liveEvents(String release) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "select count(*) from live_event where type = 'release-published' and payload ->> 'releaseId' = ?")) {
            statement.setString(1, release);
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                return row.getInt(1);
            }
        }
    }
}
