package io.tinyfleet.server.model;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.restassured.specification.RequestSpecification;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
@TestSecurity(
        user = "dana",
        roles = {"data", "viewer"})
class ArtifactApiTest {
    @Inject
    Home home;

    @Inject
    BlobStore blobs;

    private static RequestSpecification upload(byte[] body) {
        return given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(body);
    }

    @Test
    void a_model_is_stored_by_its_content_with_what_was_found_in_it() {
        byte[] file = OnnxFile.voiceActivity("found").bytes();
        String sha256 = Digest.of(file).hex();

        upload(file)
                .post("/api/v1/artifacts?name=vad.onnx")
                .then()
                .statusCode(201)
                .header("Location", containsString("/api/v1/artifacts/" + sha256))
                .body("sha256", equalTo(sha256))
                .body("size", equalTo(file.length))
                .body("kind", equalTo("MODEL"))
                .body("inspection.format", equalTo("ONNX"))
                .body("inspection.opset", equalTo(16))
                .body("inspection.producer", containsString("found"))
                .body("inspection.operators.Identity", equalTo(1))
                .body("inspection.inputs.name", equalTo(java.util.List.of("input", "state", "sr")))
                .body("inspection.inputs[1].shape", equalTo(java.util.List.of(2, -1, 128)))
                .body("inspection.inputs[2].type", equalTo("INT64"));

        given().get("/api/v1/artifacts/" + sha256)
                .then()
                .statusCode(200)
                .body("name", equalTo("vad.onnx"))
                .body("inspection.outputs.name", hasItem("stateN"));
        assertThat(blobs.find(Digest.parse(sha256))).isPresent();
    }

    @Test
    void the_same_file_again_is_there_already() {
        byte[] file = OnnxFile.plain("again").bytes();
        upload(file).post("/api/v1/artifacts").then().statusCode(201);

        upload(file)
                .post("/api/v1/artifacts?name=other")
                .then()
                .statusCode(200)
                .body("sha256", equalTo(Digest.of(file).hex()));
    }

    @Test
    void text_named_onnx_is_refused_and_leaves_nothing() throws IOException {
        refusedWithoutTrace(
                "this is text\n".repeat(50).getBytes(StandardCharsets.UTF_8),
                "?name=model.onnx",
                422,
                "unknown-format");
    }

    @Test
    void a_truncated_model_is_refused_and_leaves_nothing() throws IOException {
        byte[] file = OnnxFile.plain("truncated").withParameterBytes(10_000).bytes();
        refusedWithoutTrace(Arrays.copyOf(file, file.length / 2), "", 422, "truncated-model");
    }

    @Test
    void an_empty_file_is_refused() throws IOException {
        refusedWithoutTrace(new byte[0], "", 422, "empty-file");
    }

    @Test
    void text_is_no_self_test() throws IOException {
        refusedWithoutTrace(
                "not vectors at all".getBytes(StandardCharsets.UTF_8), "?kind=self-test", 422, "not-self-test");
    }

    @Test
    void a_model_is_no_self_test() throws IOException {
        byte[] file = OnnxFile.plain("as self-test").bytes();
        given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(file)
                .post("/api/v1/artifacts?kind=self-test")
                .then()
                .statusCode(422);
        assertThat(blobs.find(Digest.of(file))).isEmpty();
    }

    @Test
    void a_self_test_whose_data_do_not_fit_its_shape_is_refused() throws IOException {
        byte[] vectors = SelfTestFile.of(SelfTestFile.vector(
                        SelfTestFile.floats("x", 1, 4).toBuilder()
                                .clearShape()
                                .addShape(5)
                                .build(),
                        SelfTestFile.floats("y", 1)))
                .toByteArray();
        refusedWithoutTrace(vectors, "?kind=self-test", 422, "malformed-self-test");
    }

    @Test
    void a_self_test_with_a_shape_beyond_all_memory_is_refused() throws IOException {
        byte[] vectors = SelfTestFile.of(SelfTestFile.vector(
                        SelfTestFile.floats("x", 1).toBuilder()
                                .clearShape()
                                .addShape(Long.MAX_VALUE)
                                .addShape(4)
                                .build(),
                        SelfTestFile.floats("y", 1)))
                .toByteArray();
        refusedWithoutTrace(vectors, "?kind=self-test", 422, "malformed-self-test");
    }

    @Test
    void a_file_over_the_limit_is_refused_while_it_arrives() throws IOException {
        refusedWithoutTrace(new byte[Limits.MAX_SELF_TEST_BYTES + 1], "?kind=self-test", 413, "too-large");
    }

    @Test
    void a_self_test_is_stored() {
        byte[] vectors = SelfTestFile.plain().toByteArray();

        upload(vectors)
                .post("/api/v1/artifacts?kind=self-test")
                .then()
                .statusCode(201)
                .body("kind", equalTo("SELF_TEST"))
                .body("$", org.hamcrest.Matchers.not(org.hamcrest.Matchers.hasKey("inspection")));
    }

    @Test
    void an_unknown_kind_is_refused_with_the_field() {
        upload(OnnxFile.plain("kind").bytes())
                .post("/api/v1/artifacts?kind=picture")
                .then()
                .statusCode(400)
                .body("violations[0].field", equalTo("kind"))
                .body("violations[0].value", equalTo("picture"));
    }

    @Test
    void json_is_no_artifact() {
        given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{}")
                .post("/api/v1/artifacts")
                .then()
                .statusCode(415);
    }

    @Test
    @TestSecurity(user = "vera", roles = "viewer")
    void a_viewer_may_not_upload_or_publish() {
        upload(OnnxFile.plain("viewer").bytes())
                .post("/api/v1/artifacts")
                .then()
                .statusCode(403);
    }

    @Test
    @TestSecurity(authorizationEnabled = true)
    void nobody_uploads_without_signing_in() {
        upload(OnnxFile.plain("anonymous").bytes())
                .post("/api/v1/artifacts")
                .then()
                .statusCode(401);
    }

    @Test
    void an_unknown_artifact_is_not_found() {
        given().get("/api/v1/artifacts/" + "0".repeat(64))
                .then()
                .statusCode(404)
                .body("code", equalTo("not-found"));
        given().get("/api/v1/artifacts/xyz/content").then().statusCode(404);
    }

    @Test
    void the_content_is_served_whole_in_ranges_and_not_twice() {
        byte[] file = OnnxFile.plain("content").withParameterBytes(200_000).bytes();
        upload(file).post("/api/v1/artifacts").then().statusCode(201);
        String content = "/api/v1/artifacts/" + Digest.of(file).hex() + "/content";
        String etag = "\"" + Digest.of(file).hex() + "\"";

        byte[] whole = given().get(content)
                .then()
                .statusCode(200)
                .header("ETag", equalTo(etag))
                .header("Accept-Ranges", equalTo("bytes"))
                .header("Content-Length", equalTo(Integer.toString(file.length)))
                .extract()
                .asByteArray();
        byte[] middle = given().header("Range", "bytes=100000-150000")
                .get(content)
                .then()
                .statusCode(206)
                .header("Content-Range", equalTo("bytes 100000-150000/" + file.length))
                .extract()
                .asByteArray();
        byte[] tail = given().header("Range", "bytes=-10")
                .get(content)
                .then()
                .statusCode(206)
                .extract()
                .asByteArray();

        assertThat(Digest.of(whole)).isEqualTo(Digest.of(file));
        assertThat(middle).isEqualTo(Arrays.copyOfRange(file, 100_000, 150_001));
        assertThat(tail).isEqualTo(Arrays.copyOfRange(file, file.length - 10, file.length));
        given().header("If-None-Match", etag).get(content).then().statusCode(304);
        given().header("Range", "bytes=5-6")
                .header("If-Range", "\"other\"")
                .get(content)
                .then()
                .statusCode(200);
        given().header("Range", "bytes=" + file.length + "-")
                .get(content)
                .then()
                .statusCode(416)
                .header("Content-Range", equalTo("bytes */" + file.length))
                .body("code", equalTo("range-not-satisfiable"));
    }

    private void refusedWithoutTrace(byte[] body, String query, int status, String code) throws IOException {
        Set<Path> before = files();

        upload(body)
                .post("/api/v1/artifacts" + query)
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("code", equalTo(code))
                .body("detail", notNullValue());

        assertThat(files()).isEqualTo(before);
        given().get("/api/v1/artifacts/" + Digest.of(body).hex()).then().statusCode(404);
    }

    private Set<Path> files() throws IOException {
        try (Stream<Path> blobFiles = Files.walk(home.blobs());
                Stream<Path> uploads = Files.walk(Files.createDirectories(UploadedFile.folderIn(home)))) {
            return Stream.concat(blobFiles, uploads)
                    .filter(Files::isRegularFile)
                    .collect(Collectors.toSet());
        }
    }
}
