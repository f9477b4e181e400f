package io.tinyfleet.server.model;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.delivery.TrustKeys;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.Home;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class CollectBlobsTest {
    @Inject
    BlobStore blobs;

    @Inject
    TrustKeys trust;

    @Inject
    Home home;

    @Test
    @TestSecurity(
            user = "ada",
            roles = {"admin", "data", "viewer"})
    void only_old_blobs_that_nobody_uses_are_removed() throws IOException {
        String model = "gc-" + UUID.randomUUID();
        String artifact = given().header("X-TinyFleet", "console")
                .contentType("application/octet-stream")
                .body(OnnxFile.voiceActivity(model).bytes())
                .post("/api/v1/artifacts")
                .then()
                .statusCode(201)
                .extract()
                .path("sha256");
        Digest stray = put("stray " + model);
        Digest fresh = put("fresh " + model);
        age(stray);
        age(Digest.parse(artifact));
        age(trust.rootDigest());

        given().header("X-TinyFleet", "console")
                .post("/api/v1/blobs/collection")
                .then()
                .statusCode(200)
                .body("dryRun", equalTo(true))
                .body("named", hasItems(stray.hex()))
                .body("named", not(hasItems(fresh.hex(), artifact)));
        assertThat(blobs.find(stray)).isPresent();

        given().header("X-TinyFleet", "console")
                .post("/api/v1/blobs/collection?dryRun=false")
                .then()
                .statusCode(200)
                .body("named", hasItems(stray.hex()));
        assertThat(blobs.find(stray)).isEmpty();
        assertThat(blobs.find(fresh)).isPresent();
        assertThat(blobs.find(Digest.parse(artifact))).isPresent();
        assertThat(blobs.find(trust.rootDigest())).isPresent();
    }

    @Test
    @TestSecurity(
            user = "dana",
            roles = {"data", "viewer"})
    void only_an_administrator_may_collect() {
        given().header("X-TinyFleet", "console")
                .post("/api/v1/blobs/collection")
                .then()
                .statusCode(403);
    }

    private Digest put(String text) throws IOException {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return blobs.put(new ByteArrayInputStream(bytes), bytes.length).digest();
    }

    /** Two days old: over the grace time. */
    private void age(Digest digest) throws IOException {
        Path file = home.blobs()
                .resolve(digest.hex().substring(0, 2))
                .resolve(digest.hex().substring(2));
        Files.setLastModifiedTime(
                file,
                FileTime.from(
                        Instant.ofEpochMilli(Files.getLastModifiedTime(file).toMillis())
                                .minus(Duration.ofDays(2))));
    }
}
