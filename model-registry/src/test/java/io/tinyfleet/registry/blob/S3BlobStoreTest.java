package io.tinyfleet.registry.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.protocol.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Stream;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStoreContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same contract over HTTP, against S3Proxy: a server that speaks S3 and checks its signatures. */
class S3BlobStoreTest extends BlobStoreContract {
    private static final String KEY_ID = "tests";
    private static final String SECRET = "only-for-tests";

    private static BlobStoreContext backend;
    private static S3Proxy server;
    private static URI endpoint;

    @TempDir
    Path folder;

    private S3BlobStore store;

    @BeforeAll
    static void start() throws Exception {
        Properties settings = new Properties();
        backend = ContextBuilder.newBuilder("transient").overrides(settings).build(BlobStoreContext.class);
        server = S3Proxy.builder()
                .blobStore(backend.getBlobStore())
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
                .build();
        server.start();
        endpoint = URI.create("http://127.0.0.1:" + server.getPort());
        System.setProperty("aws.accessKeyId", KEY_ID);
        System.setProperty("aws.secretAccessKey", SECRET);
    }

    @AfterAll
    static void stop() throws Exception {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
        server.stop();
        backend.close();
    }

    @BeforeEach
    void open() throws IOException {
        String bucket = "b-" + UUID.randomUUID();
        backend.getBlobStore().createContainerInLocation(null, bucket);
        store = S3BlobStore.open(
                S3Location.parse("s3://" + bucket + "/fleet/blobs?endpoint=" + endpoint), folder.resolve("incoming"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    BlobStore store() {
        return store;
    }

    @Test
    void a_blob_of_several_parts_comes_back_whole() throws Exception {
        byte[] content = content((int) S3BlobStore.PART_BYTES * 2 + 12_345);

        Stored stored = store.put(new ByteArrayInputStream(content), NO_LIMIT);

        BlobHandle blob = store.find(stored.digest()).orElseThrow();
        assertThat(blob.size()).isEqualTo(content.length);
        assertThat(Digest.of(blob.open().readAllBytes())).isEqualTo(Digest.of(content));
        int border = (int) S3BlobStore.PART_BYTES - 5;
        assertThat(blob.read(border, 10)).isEqualTo(java.util.Arrays.copyOfRange(content, border, border + 10));
    }

    @Test
    void nothing_stays_behind_on_the_disk() throws Exception {
        store.put(new ByteArrayInputStream(content(200_000)), NO_LIMIT);
        assertThatIOException().isThrownBy(() -> store.put(new ByteArrayInputStream(content(200_000)), 100_000));
        try (Stream<Path> left = Files.list(folder.resolve("incoming"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void a_bucket_that_is_not_there_is_said_at_the_start() {
        assertThatIOException()
                .isThrownBy(() -> S3BlobStore.open(
                        S3Location.parse("s3://no-such-bucket?endpoint=" + endpoint), folder.resolve("incoming")))
                .withMessageContaining("no-such-bucket");
    }

    @Test
    void locations_that_cannot_be_are_refused() {
        for (String bad : new String[] {
            "http://bucket/x",
            "s3:///x",
            "s3://Bucket",
            "s3://key:secret@bucket/x",
            "s3://bucket/a/../b",
            "s3://bucket?endpoint=ftp://x",
            "s3://bucket?secret=x",
            "s3://bucket?endpoint",
            "not a url"
        }) {
            assertThatIllegalArgumentException().as(bad).isThrownBy(() -> S3Location.parse(bad));
        }
        S3Location amazon = S3Location.parse("s3://bucket/a/b/?region=eu-central-1");
        assertThat(amazon.prefix()).isEqualTo("a/b/");
        assertThat(amazon.pathStyle()).isFalse();
        assertThat(amazon.region()).isEqualTo("eu-central-1");
    }
}
