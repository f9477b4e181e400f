package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.PayloadType;
import io.tinyfleet.protocol.trust.RoleName;
import io.tinyfleet.protocol.trust.RootBuilder;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.registry.blob.FileBlobStore;
import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.platform.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTrustKeysTest {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path folder;

    private Home home = new Home(Path.of("."));
    private final RootChain chain = new RootsInMemory();
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

    @Test
    void a_server_without_root_and_release_keys_says_who_must_sign() throws Exception {
        FileTrustKeys keys = open();
        Files.delete(folder.resolve("keys/root.pem"));
        Files.delete(folder.resolve("keys/release.pem"));

        FileTrustKeys without = open();

        assertThat(without.rootDigest()).isEqualTo(keys.rootDigest());
        assertThat(without.holdsRootKeys()).isFalse();
        assertThat(without.signsReleasesOf("vad")).isFalse();
        assertThatThrownBy(
                        () -> without.sign(Release.newBuilder().setModel("vad").build()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("tinyfleet trust release sign");
        now = START.plus(Duration.ofDays(350));
        without.renewWhenDue();
        assertThat(without.root().version()).isEqualTo(1);
    }

    @Test
    void the_next_root_is_taken_when_its_director_and_heads_keys_are_here() throws Exception {
        FileTrustKeys keys = open();
        SigningKey rootKey = SigningKey.readPem(folder.resolve("keys/root.pem"));
        SigningKey director = SigningKey.generate();
        byte[] next = RootBuilder.after(keys.root(), now, now.plus(Duration.ofDays(700)))
                .role(RoleName.DIRECTOR, director)
                .sign(List.of(rootKey));

        assertThatThrownBy(() -> keys.accept(next))
                .isInstanceOfSatisfying(
                        TrustException.class,
                        refused -> assertThat(refused.code()).isEqualTo("threshold-not-met"))
                .hasMessageContaining("put the missing key file there");
        assertThat(keys.root().version()).isEqualTo(1);

        director.writePem(folder.resolve("keys/director-2.pem"));
        keys.accept(next);

        assertThat(keys.root().version()).isEqualTo(2);
        assertThat(open().rootDigest()).isEqualTo(keys.rootDigest());
        assertThat(keys.findRoot(1)).isPresent();
        keys.root()
                .verify(
                        RoleName.DIRECTOR,
                        PayloadType.DESIRED,
                        keys.sign(Desired.newBuilder().setSeq(1).build()));
    }

    @Test
    void a_root_that_skips_a_step_or_is_signed_by_strangers_is_not_taken() {
        FileTrustKeys keys = open();
        byte[] stranger = RootBuilder.after(keys.root(), now, now.plus(Duration.ofDays(700)))
                .sign(List.of(SigningKey.generate()));

        assertThatThrownBy(() -> keys.accept(stranger)).isInstanceOf(TrustException.class);
        assertThatThrownBy(() -> keys.accept(keys.rootEnvelope()))
                .isInstanceOfSatisfying(
                        TrustException.class,
                        refused -> assertThat(refused.code()).isEqualTo("root-version-step"));
        assertThat(keys.root().version()).isEqualTo(1);
    }

    // ---- several replicas

    /** Another replica's home, with copies of those key files. */
    private FileTrustKeys replica(String name, String... keyFiles) throws IOException {
        Home other = new Home(folder.resolve(name));
        for (String file : keyFiles) {
            Files.copy(home.keys().resolve(file), other.keys().resolve(file));
        }
        return new FileTrustKeys(other, chain, blobs, new FixedDeliveryConfig(), () -> now, () -> now);
    }

    private byte[] nextRoot(FileTrustKeys keys, SigningKey director) throws IOException {
        return RootBuilder.after(keys.root(), now, now.plus(Duration.ofDays(700)))
                .role(RoleName.DIRECTOR, director)
                .sign(List.of(SigningKey.readPem(home.keys().resolve("root.pem"))));
    }

    @Test
    void a_replica_needs_only_the_keys_it_signs_with() throws IOException {
        FileTrustKeys first = open();

        FileTrustKeys second = replica("second", "director.pem", "heads.pem");

        assertThat(second.rootDigest()).isEqualTo(first.rootDigest());
        assertThat(second.holdsRootKeys()).isFalse();
    }

    @Test
    void a_replica_without_keys_does_not_make_new_ones() throws IOException {
        open();

        assertThatThrownBy(() -> replica("second"))
                .hasRootCauseInstanceOf(TrustException.class)
                .rootCause()
                .hasMessageContaining("put the missing key file there");
        assertThat(folder.resolve("second/keys/root.pem")).doesNotExist();
    }

    @Test
    void a_folder_of_another_fleet_stops_the_start() throws IOException {
        open();
        Home other = new Home(folder.resolve("other"));
        new FileTrustKeys(other, new RootsInMemory(), blobs, new FixedDeliveryConfig(), () -> now, () -> now);

        assertThatThrownBy(
                        () -> new FileTrustKeys(other, chain, blobs, new FixedDeliveryConfig(), () -> now, () -> now))
                .rootCause()
                .hasMessageContaining("the folder keys/ here is another fleet's");
    }

    @Test
    void a_root_that_one_replica_takes_is_the_root_of_all() throws Exception {
        FileTrustKeys first = open();
        FileTrustKeys second = replica("second", "director.pem", "heads.pem");
        SigningKey director = SigningKey.generate();
        director.writePem(home.keys().resolve("director-2.pem"));
        director.writePem(folder.resolve("second/keys/director-2.pem"));
        first.accept(nextRoot(first, director));

        byte[] signed = second.sign(Desired.newBuilder().setSeq(1).build());

        assertThat(second.rootDigest()).isEqualTo(first.rootDigest());
        second.root().verify(RoleName.DIRECTOR, PayloadType.DESIRED, signed);
        assertThat(folder.resolve("second/keys/root-2.dsse")).exists();
    }

    @Test
    void a_replica_that_lacks_a_key_of_the_new_root_signs_nothing() throws Exception {
        FileTrustKeys first = open();
        FileTrustKeys second = replica("second", "director.pem", "heads.pem");
        SigningKey director = SigningKey.generate();
        director.writePem(home.keys().resolve("director-2.pem"));
        first.accept(nextRoot(first, director));

        assertThatThrownBy(() -> second.sign(Desired.newBuilder().setSeq(1).build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("this replica signs nothing: the fleet's root is version 2")
                .hasMessageContaining("put the missing key file there");

        director.writePem(folder.resolve("second/keys/director-2.pem"));
        second.followOthers();
        assertThat(second.rootDigest()).isEqualTo(first.rootDigest());
    }

    @Test
    void two_replicas_that_renew_at_once_end_with_one_root() throws IOException {
        FileTrustKeys first = open();
        FileTrustKeys second = replica("second", "root.pem", "director.pem", "heads.pem");

        now = START.plus(Duration.ofDays(305));
        first.renewWhenDue();
        second.renewWhenDue();

        assertThat(first.root().version()).isEqualTo(2);
        assertThat(second.rootDigest()).isEqualTo(first.rootDigest());
    }

    @Test
    void a_database_restored_from_before_gets_the_newer_roots_back() throws IOException {
        FileTrustKeys keys = open();
        now = START.plus(Duration.ofDays(305));
        keys.renewWhenDue();
        RootChain restored = new RootsInMemory();

        new FileTrustKeys(home, restored, blobs, new FixedDeliveryConfig(), () -> now, () -> now);

        assertThat(restored.newestVersion()).isEqualTo(2);
        assertThat(restored.find(1)).isPresent();
    }

    /** The order of the database's table, for tests of what is done with it. */
    private static final class RootsInMemory implements RootChain {
        private final TreeMap<Long, byte[]> roots = new TreeMap<>();

        @Override
        public long newestVersion() {
            return roots.isEmpty() ? 0 : roots.lastKey();
        }

        @Override
        public Optional<byte[]> find(long version) {
            return Optional.ofNullable(roots.get(version));
        }

        @Override
        public boolean store(long version, byte[] envelope) {
            roots.putIfAbsent(version, envelope);
            return Arrays.equals(roots.get(version), envelope);
        }
    }

    private FileTrustKeys open() {
        return open(() -> now);
    }

    private FileTrustKeys open(SignatureTime time) {
        InstantSource clock = () -> now;
        return new FileTrustKeys(home, chain, blobs, new FixedDeliveryConfig(), clock, time);
    }
}
