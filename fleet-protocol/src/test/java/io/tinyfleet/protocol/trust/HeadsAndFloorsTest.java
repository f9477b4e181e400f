package io.tinyfleet.protocol.trust;

import static io.tinyfleet.protocol.trust.TrustFixture.NOW;
import static io.tinyfleet.protocol.trust.TrustedRootTest.assertReason;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.ReleaseHead;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What is alive and how low a model may go: attacks on the list of heads, on floors and on delegated models. */
class HeadsAndFloorsTest {
    private static final Digest RELEASE = Digest.fromBytes(TrustFixture.sha("release"));

    private final TrustFixture fleet = fixture();

    private static TrustFixture fixture() {
        try {
            return new TrustFixture();
        } catch (TrustException e) {
            throw new IllegalStateException(e);
        }
    }

    private Heads.Builder heads(long version) {
        return Heads.newBuilder()
                .setVersion(version)
                .setIssuedAtMillis(NOW.toEpochMilli())
                .setExpiresAtMillis(NOW.plus(Duration.ofDays(7)).toEpochMilli())
                .setRootVersion(1)
                .setRootSha256(fleet.root.digest().toBytes())
                .addModels(ModelHeads.newBuilder()
                        .setModel("silero-vad")
                        .addReleases(ReleaseHead.newBuilder()
                                .setSha256(RELEASE.toBytes())
                                .setVersion("5.0.0")));
    }

    private byte[] signed(Heads.Builder heads) {
        return signed(heads, fleet.headsKey);
    }

    private static byte[] signed(Heads.Builder heads, SigningKey key) {
        try {
            return HeadsDocuments.sign(heads.build(), List.of(key));
        } catch (HeadsDocuments.TooManyReleasesException e) {
            throw new IllegalStateException(e);
        }
    }

    private Heads verify(byte[] envelope) throws TrustException {
        return verify(Optional.empty(), NOW, envelope);
    }

    private Heads verify(Optional<SeenVersion> stored, Instant now, byte[] envelope) throws TrustException {
        return HeadsDocuments.verify(fleet.root, Digest.of(envelope), stored, now, envelope);
    }

    private static Floors.Builder floors(long version, long floor) {
        return Floors.newBuilder()
                .setModel("silero-vad")
                .setVersion(version)
                .setIssuedAtMillis(NOW.toEpochMilli())
                .setExpiresAtMillis(NOW.plus(Duration.ofDays(365)).toEpochMilli())
                .setMinSecurityVersion(floor);
    }

    private byte[] signed(Floors.Builder floors) {
        return FloorsDocuments.sign(floors.build(), List.of(fleet.releaseKey));
    }

    private Floors verifyFloors(Optional<SeenVersion> stored, byte[] envelope) throws TrustException {
        return FloorsDocuments.verify(fleet.root, "silero-vad", Digest.of(envelope), stored, NOW, envelope);
    }

    private static Optional<SeenVersion> seen(long version, byte[] envelope) {
        return Optional.of(new SeenVersion(version, Digest.of(envelope)));
    }

    // ---- heads

    @Test
    void a_fresh_list_that_names_the_release_is_taken() throws Exception {
        Heads heads = verify(signed(heads(3)));

        assertThat(HeadsDocuments.modelOf(heads, RELEASE).getModel()).isEqualTo("silero-vad");
    }

    @Test
    void heads_signed_with_a_wrong_key_are_refused() {
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verify(signed(heads(1), fleet.directorKey)));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verify(signed(heads(1), SigningKey.generate())));
    }

    @Test
    void old_heads_replayed_are_refused() {
        byte[] newer = signed(heads(4));
        assertReason(Reason.OLD_VERSION, () -> verify(seen(4, newer), NOW, signed(heads(3))));
    }

    @Test
    void equal_heads_version_with_other_bytes_is_refused_and_with_the_same_bytes_taken() throws Exception {
        byte[] stored = signed(heads(4));
        byte[] other =
                signed(heads(4).setExpiresAtMillis(NOW.plus(Duration.ofDays(8)).toEpochMilli()));

        assertReason(Reason.SAME_VERSION_OTHER_CONTENT, () -> verify(seen(4, stored), NOW, other));
        assertThat(verify(seen(4, stored), NOW, stored).getVersion()).isEqualTo(4);
    }

    @Test
    void expired_heads_are_refused_from_their_last_instant_on() throws Exception {
        byte[] envelope = signed(heads(1));
        Instant end = NOW.plus(Duration.ofDays(7));

        assertThat(verify(Optional.empty(), end.minusMillis(1), envelope).getVersion())
                .isEqualTo(1);
        assertReason(Reason.EXPIRED, () -> verify(Optional.empty(), end, envelope));
        assertReason(Reason.EXPIRED, () -> HeadsDocuments.requireCurrent(heads(1).build(), end));
        assertReason(Reason.ROOT_EXPIRED, () -> verify(Optional.empty(), TrustFixture.ROOT_END, envelope));
    }

    @Test
    void a_release_not_in_heads_is_refused() throws Exception {
        Heads heads = verify(signed(heads(1)));

        assertReason(
                Reason.NOT_IN_HEADS,
                () -> HeadsDocuments.modelOf(heads, Digest.fromBytes(TrustFixture.sha("unsigned release"))));
    }

    @Test
    void heads_made_under_another_root_are_refused() {
        assertReason(Reason.WRONG_ROOT, () -> verify(signed(heads(1).setRootVersion(2))));
        assertReason(Reason.WRONG_ROOT, () -> verify(signed(heads(1).setRootSha256(TrustFixture.sha("other root")))));
    }

    @Test
    void other_bytes_than_the_desired_document_names_are_refused() {
        byte[] envelope = signed(heads(1));
        Digest named = Digest.of(signed(heads(2)));

        assertReason(
                Reason.WRONG_DIGEST, () -> HeadsDocuments.verify(fleet.root, named, Optional.empty(), NOW, envelope));
    }

    @Test
    void floors_in_the_place_of_heads_are_refused() {
        byte[] floors = signed(floors(1, 1));
        assertReason(Reason.WRONG_PAYLOAD_TYPE, () -> verify(floors));
    }

    @Test
    void rightly_signed_heads_with_a_field_outside_its_rule_are_refused() {
        ModelHeads model = heads(1).getModels(0);
        List<UnaryOperator<Heads.Builder>> spoilt = List.of(
                heads -> heads.setVersion(0),
                heads -> heads.setVersion(-1),
                heads -> heads.setExpiresAtMillis(heads.getIssuedAtMillis()),
                heads -> heads.setRootSha256(ByteString.EMPTY),
                heads -> heads.addModels(model),
                heads -> heads.addModels(model.toBuilder().setModel("other")),
                heads -> heads.addModels(ModelHeads.newBuilder().setModel("../etc")),
                heads -> heads.addModels(
                        ModelHeads.newBuilder().setModel("other").setFloorsVersion(1)),
                heads -> heads.addModels(ModelHeads.newBuilder()
                        .setModel("other")
                        .addReleases(
                                ReleaseHead.newBuilder().setVersion("1").setSha256(ByteString.copyFromUtf8("x")))));
        for (UnaryOperator<Heads.Builder> spoil : spoilt) {
            byte[] envelope = signed(spoil.apply(heads(1)));
            assertReason(Reason.MALFORMED, () -> verify(envelope));
        }
    }

    @Test
    void a_list_that_would_not_fit_is_refused_with_how_many_releases_would() {
        ModelHeads.Builder model = ModelHeads.newBuilder().setModel("silero-vad");
        for (int i = 0; i < 2000; i++) {
            model.addReleases(ReleaseHead.newBuilder()
                    .setSha256(TrustFixture.sha("release " + i))
                    .setVersion("1.0." + i));
        }
        Heads heads = heads(1).clearModels().addModels(model).build();

        assertThatExceptionOfType(HeadsDocuments.TooManyReleasesException.class)
                .isThrownBy(() -> HeadsDocuments.sign(heads, List.of(fleet.headsKey)))
                .satisfies(refused -> {
                    assertThat(refused.listed()).isEqualTo(2000);
                    assertThat(refused.fitting()).isBetween(1300, 1500);
                })
                .withMessageContaining(" such releases fit");
    }

    @Test
    void oversize_heads_are_refused_before_they_are_parsed() {
        assertReason(Reason.TOO_LARGE, () -> verify(new byte[Limits.MAX_METADATA_BYTES + 1]));
    }

    // ---- floors

    @Test
    void floors_rise_with_their_version() throws Exception {
        byte[] first = signed(floors(1, 1));

        assertThat(verifyFloors(seen(1, first), signed(floors(2, 5))).getMinSecurityVersion())
                .isEqualTo(5);
        assertThat(verifyFloors(seen(1, first), first).getMinSecurityVersion()).isEqualTo(1);
    }

    @Test
    void old_floors_replayed_and_equal_floors_with_other_bytes_are_refused() {
        byte[] stored = signed(floors(2, 5));

        assertReason(Reason.OLD_VERSION, () -> verifyFloors(seen(2, stored), signed(floors(1, 1))));
        assertReason(Reason.SAME_VERSION_OTHER_CONTENT, () -> verifyFloors(seen(2, stored), signed(floors(2, 1))));
    }

    @Test
    void floors_signed_by_the_director_or_heads_are_refused() {
        for (SigningKey key : List.of(fleet.directorKey, fleet.headsKey, SigningKey.generate())) {
            byte[] envelope = FloorsDocuments.sign(floors(1, 1).build(), List.of(key));
            assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyFloors(Optional.empty(), envelope));
        }
    }

    @Test
    void floors_of_another_model_and_ended_ones_are_refused() {
        byte[] other = signed(floors(1, 1).setModel("other"));
        byte[] ended = signed(floors(1, 1).setIssuedAtMillis(0).setExpiresAtMillis(1));

        assertReason(Reason.WRONG_MODEL, () -> verifyFloors(Optional.empty(), other));
        assertReason(Reason.EXPIRED, () -> verifyFloors(Optional.empty(), ended));
        assertReason(
                Reason.MALFORMED,
                () -> verifyFloors(Optional.empty(), signed(floors(1, 1).setMinSecurityVersion(-1))));
    }

    @Test
    void a_release_under_the_floor_is_refused() throws Exception {
        Release release = TrustFixture.release().build(); // security version 1

        Releases.requireAtLeast(release, 1);
        assertReason(Reason.BELOW_FLOOR, () -> Releases.requireAtLeast(release, 2));
    }

    // ---- delegation and P-256

    @Test
    void a_delegated_model_is_signed_by_its_own_keys_and_by_no_others() throws Exception {
        SigningKey own = SigningKey.generate(KeyAlgorithm.ECDSA_P256);
        TrustedRoot root = TrustedRoot.pin(fleet.rootOf(1)
                .delegate("silero-vad", 1, List.of(own.toPublicKey()))
                .sign(List.of(fleet.rootKey)));
        byte[] byOwn = Releases.sign(TrustFixture.release().build(), List.of(own));
        byte[] byRole = Releases.sign(TrustFixture.release().build(), List.of(fleet.releaseKey));
        byte[] otherByRole =
                Releases.sign(TrustFixture.release().setModel("other").build(), List.of(fleet.releaseKey));
        byte[] otherByOwn =
                Releases.sign(TrustFixture.release().setModel("other").build(), List.of(own));

        assertThat(Releases.verify(root, "silero-vad", Digest.of(byOwn), byOwn).getVersion())
                .isEqualTo("5.0.0");
        assertThat(Releases.verify(root, "other", otherByRole).getModel()).isEqualTo("other");
        assertReason(Reason.THRESHOLD_NOT_MET, () -> Releases.verify(root, "silero-vad", Digest.of(byRole), byRole));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> Releases.verify(root, "other", otherByOwn));
        assertReason(Reason.WRONG_MODEL, () -> Releases.verify(root, "silero-vad", otherByOwn));
    }

    @Test
    void p256_is_for_the_release_role_only() {
        SigningKey p256 = SigningKey.generate(KeyAlgorithm.ECDSA_P256);
        for (RoleName role : List.of(RoleName.ROOT, RoleName.DIRECTOR, RoleName.HEADS)) {
            byte[] root = fleet.rootOf(1).role(role, p256).sign(List.of(fleet.rootKey, p256));
            assertReason(Reason.UNUSABLE_KEY, () -> TrustedRoot.pin(root));
        }
    }

    @Test
    void a_p256_key_spelled_another_way_or_beside_the_curve_is_refused() {
        byte[] spki = SigningKey.generate(KeyAlgorithm.ECDSA_P256).spki();
        byte[] beside = spki.clone();
        beside[spki.length - 1] ^= 1;
        byte[] longer = java.util.Arrays.copyOf(spki, spki.length + 1);
        byte[] compressed = spki.clone();
        compressed[26] = 2;
        for (byte[] spelling : List.of(beside, longer, compressed)) {
            assertReason(Reason.UNUSABLE_KEY, () -> VerifyingKey.parse(spelling));
        }
    }

    @Test
    void a_delegation_that_could_never_be_satisfied_or_comes_twice_is_refused() {
        List<io.tinyfleet.protocol.v1.PublicKey> key = List.of(fleet.releaseKey.toPublicKey());
        byte[] threshold = fleet.rootOf(1).delegate("a", 2, key).sign(List.of(fleet.rootKey));
        io.tinyfleet.protocol.v1.Root once =
                fleet.rootOf(1).delegate("a", 1, key).build();
        byte[] twice = Dsse.sign(
                        PayloadType.ROOT,
                        once.toBuilder()
                                .addDelegations(once.getDelegations(0))
                                .build()
                                .toByteArray(),
                        List.of(fleet.rootKey))
                .toByteArray();
        byte[] path = fleet.rootOf(1).delegate("a/b", 1, key).sign(List.of(fleet.rootKey));

        assertReason(Reason.UNUSABLE_ROOT, () -> TrustedRoot.pin(threshold));
        assertReason(Reason.UNUSABLE_ROOT, () -> TrustedRoot.pin(twice));
        assertReason(Reason.MALFORMED, () -> TrustedRoot.pin(path));
    }

    // ---- rotation

    @Test
    void a_step_says_which_roles_got_other_keys() throws Exception {
        byte[] next =
                fleet.rootOf(2).role(RoleName.DIRECTOR, SigningKey.generate()).sign(List.of(fleet.rootKey));
        TrustedRoot second = fleet.root.next(next);

        assertThat(second.rotatedSince(fleet.root)).containsExactly(RoleName.DIRECTOR);
        assertThat(fleet.root.rotatedSince(fleet.root)).isEmpty();
        assertThat(second.keyIds(RoleName.HEADS))
                .isEqualTo(fleet.root.keyIds(RoleName.HEADS))
                .hasSize(1);
        assertThat(second.threshold(RoleName.ROOT)).isEqualTo(1);
    }
}
