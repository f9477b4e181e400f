package io.tinyfleet.server.delivery;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.security.TestSecurity;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.server.platform.DatabaseResource;
import io.tinyfleet.server.platform.PublicAddress;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blobs over HTTP: for the token of a link, in ranges. */
@QuarkusTest
@QuarkusTestResource(DatabaseResource.class)
class BlobsTest {
    private static final DeviceId DEVICE = new DeviceId("pi-1");

    @Inject
    BlobStore blobs;

    @Inject
    BlobLinks links;

    @Inject
    LinkKeyRepository keys;

    @Inject
    PublicAddress address;

    private final byte[] content = new byte[200_000];
    private Digest blob = Digest.of(new byte[] {0});
    private BlobLink link = BlobLink.getDefaultInstance();

    @BeforeEach
    void a_blob_and_a_link_to_it() throws IOException {
        new Random(3).nextBytes(content);
        blob = blobs.put(new ByteArrayInputStream(content), content.length).digest();
        link = links.findLink(DEVICE, blob).orElseThrow();
    }

    @Test
    void the_link_leads_to_the_bytes() {
        byte[] all = given().header("Authorization", "Bearer " + link.getToken())
                .get(URI.create(link.getUrl()))
                .then()
                .statusCode(200)
                .header("ETag", "\"" + blob.hex() + "\"")
                .header("Accept-Ranges", "bytes")
                .extract()
                .asByteArray();

        assertThat(all).isEqualTo(content);
    }

    @Test
    void a_range_is_answered_with_just_that() {
        byte[] part = given().header("Authorization", "Bearer " + link.getToken())
                .header("Range", "bytes=49152-98303")
                .get("/blobs/" + blob.hex())
                .then()
                .statusCode(206)
                .header("Content-Range", "bytes 49152-98303/200000")
                .header("Content-Length", "49152")
                .extract()
                .asByteArray();

        assertThat(part).isEqualTo(Arrays.copyOfRange(content, 49_152, 98_304));
    }

    @Test
    void a_range_under_another_validator_gets_the_whole() {
        given().header("Authorization", "Bearer " + link.getToken())
                .header("Range", "bytes=0-9")
                .header("If-Range", "\"another\"")
                .get("/blobs/" + blob.hex())
                .then()
                .statusCode(200)
                .header("Content-Length", "200000");
        given().header("Authorization", "Bearer " + link.getToken())
                .header("Range", "bytes=0-9")
                .header("If-Range", "\"" + blob.hex() + "\"")
                .get("/blobs/" + blob.hex())
                .then()
                .statusCode(206);
    }

    @Test
    void a_range_beyond_the_end_is_416_with_the_size() {
        given().header("Authorization", "Bearer " + link.getToken())
                .header("Range", "bytes=200000-")
                .get("/blobs/" + blob.hex())
                .then()
                .statusCode(416)
                .header("Content-Range", "bytes */200000");
    }

    @Test
    void head_tells_size_and_digest_without_the_bytes() {
        given().header("Authorization", "Bearer " + link.getToken())
                .head("/blobs/" + blob.hex())
                .then()
                .statusCode(200)
                .header("Content-Length", "200000")
                .header("ETag", "\"" + blob.hex() + "\"");
    }

    @Test
    void nobody_reads_without_a_token() {
        given().get("/blobs/" + blob.hex()).then().statusCode(401).body("code", equalTo("link-refused"));
        given().get("/blobs/not-a-digest").then().statusCode(401);
        given().header("Authorization", "Bearer tfb_pi-1.9999999999999." + "A".repeat(43))
                .get("/blobs/" + blob.hex())
                .then()
                .statusCode(401);
    }

    @Test
    void a_token_is_for_one_blob_alone() throws IOException {
        byte[] other = {1, 2, 3};
        Digest stored = blobs.put(new ByteArrayInputStream(other), 3).digest();

        given().header("Authorization", "Bearer " + link.getToken())
                .get("/blobs/" + stored.hex())
                .then()
                .statusCode(401);
    }

    @Test
    void a_token_does_not_outlive_its_end_and_cannot_be_given_another_one() {
        BlobLinks later = new BlobLinks(
                keys,
                address,
                new FixedDeliveryConfig(),
                InstantSource.offset(InstantSource.system(), Duration.ofMinutes(16)));
        assertThat(links.findBearer(link.getToken(), blob)).contains(DEVICE);

        assertThat(later.findBearer(link.getToken(), blob)).isEmpty();
        String[] parts = link.getToken().split("\\.");
        String stretched = parts[0] + "." + (Long.parseLong(parts[1]) + 3_600_000) + "." + parts[2];
        assertThat(links.findBearer(stretched, blob)).isEmpty();
        assertThat(links.findBearer(link.getToken().replace("pi-1", "pi-2"), blob))
                .isEmpty();
    }

    @Test
    @TestSecurity(
            user = "vera",
            roles = {"viewer"})
    void a_viewer_changes_no_download_policy() {
        given().header("X-TinyFleet", "console")
                .contentType("application/json")
                .body("{}")
                .put("/api/v1/devices/any/download-policy")
                .then()
                .statusCode(403);
    }
}
