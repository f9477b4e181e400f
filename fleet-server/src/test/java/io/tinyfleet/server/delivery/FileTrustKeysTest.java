package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.server.platform.Home;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTrustKeysTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path folder;

    private Home home = new Home(Path.of("."));
    private FileBlobStore blobs;
    private Instant now = START;

    @BeforeEach
    void an_empty_home() throws IOException {
        home = new Home(folder);
        blobs = new FileBlobStore(home.blobs());
    }

    @Test
    void the_first_start_makes_a_root_that_devices_can_pin_and_fetch() throws TrustException {
        FileTrustKeys keys = open();

        TrustedRoot root = TrustedRoot.pin(keys.rootEnvelope());
        assertThat(root.version()).isEqualTo(1);
        assertThat(root.expiresAt()).isEqualTo(START.plus(Duration.ofDays(365)));
        assertThat(root.digest()).isEqualTo(keys.rootDigest());
        assertThat(blobs.find(Digest.of(keys.rootEnvelope()))).isPresent();
    }

    @Test
    void the_next_start_has_the_same_root() {
        Digest first = open().rootDigest();

        assertThat(open().rootDigest()).isEqualTo(first);
    }

    @Test
    void a_root_near_its_end_is_signed_anew_one_step_on() throws TrustException {
        FileTrustKeys keys = open();
        TrustedRoot first = TrustedRoot.pin(keys.rootEnvelope());

        now = START.plus(Duration.ofDays(304));
        keys.renewWhenDue();
        assertThat(keys.rootDigest()).isEqualTo(first.digest());

        now = START.plus(Duration.ofDays(305));
        keys.renewWhenDue();
        TrustedRoot second = first.next(keys.rootEnvelope());
        assertThat(second.version()).isEqualTo(2);
        assertThat(second.expiresAt()).isEqualTo(now.plus(Duration.ofDays(365)));
        assertThat(open().rootDigest()).isEqualTo(second.digest());
        assertThat(blobs.find(second.digest())).isPresent();
    }

    @Test
    void a_clock_that_is_behind_signs_no_root() {
        SignatureTime behind = () -> {
            throw new ClockBehindException(START, START.plus(Duration.ofDays(2)));
        };

        assertThatThrownBy(() -> open(behind)).isInstanceOf(ClockBehindException.class);
        assertThat(folder.resolve("keys/root-1.dsse")).doesNotExist();
    }

    @Test
    void a_key_that_does_not_belong_to_the_root_stops_the_start() throws IOException {
        open();
        Path director = folder.resolve("keys/director.pem");
        Files.delete(director);
        SigningKey.generate().writePem(director);

        assertThatThrownBy(this::open)
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseInstanceOf(TrustException.class);
    }

    @Test
    void a_damaged_root_stops_the_start() throws IOException {
        open();
        Path root = folder.resolve("keys/root-1.dsse");
        byte[] bytes = Files.readAllBytes(root);
        bytes[bytes.length / 2] ^= 1;
        Files.write(root, bytes);

        assertThatThrownBy(this::open).isInstanceOf(UncheckedIOException.class);
    }

    private FileTrustKeys open() {
        return open(() -> now);
    }

    private FileTrustKeys open(SignatureTime time) {
        InstantSource clock = () -> now;
        return new FileTrustKeys(home, blobs, new FixedDeliveryConfig(), clock, time);
    }
}
