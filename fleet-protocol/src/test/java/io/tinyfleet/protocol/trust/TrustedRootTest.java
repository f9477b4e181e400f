package io.tinyfleet.protocol.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.DsseSignature;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.protocol.v1.Root;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class TrustedRootTest {
    private static final byte[] PAYLOAD = {0x0a, 0x01, 0x61};

    private final TrustFixture fleet;

    TrustedRootTest() throws TrustException {
        fleet = new TrustFixture();
    }

    // ---- pinning

    @Test
    void a_root_signed_by_its_own_key_can_be_pinned() {
        assertThat(fleet.root.version()).isEqualTo(1);
        assertThat(fleet.root.expiresAt()).isEqualTo(TrustFixture.ROOT_END);
        assertThat(fleet.root.digest()).isEqualTo(Digest.of(fleet.rootEnvelope));
    }

    @Test
    void a_root_signed_by_a_key_of_another_role_cannot_be_pinned() {
        byte[] envelope = fleet.rootOf(1).sign(List.of(fleet.directorKey, fleet.releaseKey, fleet.headsKey));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> TrustedRoot.pin(envelope));
    }

    @Test
    void a_root_whose_any_byte_was_changed_cannot_be_pinned() {
        for (int i = 0; i < fleet.rootEnvelope.length; i++) {
            byte[] changed = fleet.rootEnvelope.clone();
            changed[i] ^= 0x10;
            assertThat(catchThrowableOfType(TrustException.class, () -> TrustedRoot.pin(changed)))
                    .as("byte %d", i)
                    .isNotNull();
        }
    }

    @Test
    void a_root_that_could_never_be_satisfied_is_refused() {
        List<PublicKey> one = List.of(fleet.directorKey.toPublicKey());
        for (RootBuilder unusable : List.of(
                fleet.rootOf(1).role(RoleName.DIRECTOR, 2, one),
                fleet.rootOf(1).role(RoleName.DIRECTOR, 0, one),
                fleet.rootOf(1).role(RoleName.DIRECTOR, -1, one),
                fleet.rootOf(1).role(RoleName.DIRECTOR, 1, List.of()),
                fleet.rootOf(1).role(RoleName.DIRECTOR, 2, Collections.nCopies(2, one.get(0))),
                fleet.rootOf(0),
                fleet.rootOf(-1),
                new RootBuilder(1, TrustFixture.NOW, TrustFixture.NOW)
                        .role(RoleName.ROOT, fleet.rootKey)
                        .role(RoleName.RELEASE, fleet.releaseKey)
                        .role(RoleName.DIRECTOR, fleet.directorKey))) {
            byte[] envelope = unusable.sign(List.of(fleet.rootKey));
            assertReason(Reason.UNUSABLE_ROOT, () -> TrustedRoot.pin(envelope));
        }
    }

    @Test
    void a_root_with_more_keys_than_the_limit_is_refused() {
        List<PublicKey> many = new ArrayList<>();
        for (int i = 0; i <= Limits.MAX_KEYS_PER_ROLE; i++) {
            many.add(SigningKey.generate().toPublicKey());
        }
        byte[] envelope = fleet.rootOf(1).role(RoleName.HEADS, 1, many).sign(List.of(fleet.rootKey));
        assertReason(Reason.TOO_LARGE, () -> TrustedRoot.pin(envelope));
    }

    @Test
    void a_role_without_keys_in_the_root_can_say_nothing() throws Exception {
        byte[] envelope = new RootBuilder(1, TrustFixture.NOW, TrustFixture.ROOT_END)
                .role(RoleName.ROOT, fleet.rootKey)
                .role(RoleName.RELEASE, fleet.releaseKey)
                .role(RoleName.DIRECTOR, fleet.directorKey)
                .sign(List.of(fleet.rootKey));
        TrustedRoot withoutHeads = TrustedRoot.pin(envelope);
        byte[] heads = signed(PayloadType.HEADS, fleet.headsKey);
        assertReason(Reason.THRESHOLD_NOT_MET, () -> withoutHeads.verify(RoleName.HEADS, PayloadType.HEADS, heads));
    }

    // ---- documents

    @Test
    void the_signed_payload_is_given_back() throws Exception {
        byte[] envelope = signed(PayloadType.DESIRED, fleet.directorKey);
        assertThat(fleet.root.verify(RoleName.DIRECTOR, PayloadType.DESIRED, envelope))
                .isEqualTo(PAYLOAD);
    }

    @Test
    void a_wrong_key_is_refused() {
        byte[] stranger = signed(PayloadType.DESIRED, SigningKey.generate());
        byte[] otherRole = signed(PayloadType.DESIRED, fleet.releaseKey);
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(stranger));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(otherRole));
    }

    @Test
    void a_stranger_under_the_key_id_of_a_trusted_key_is_refused() throws Exception {
        DsseEnvelope envelope = DsseEnvelope.parseFrom(signed(PayloadType.DESIRED, SigningKey.generate()));
        byte[] disguised = envelope.toBuilder()
                .setSignatures(
                        0,
                        envelope.getSignatures(0).toBuilder().setKeyId(ByteString.copyFrom(fleet.directorKey.keyId())))
                .build()
                .toByteArray();
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(disguised));
    }

    @Test
    void an_envelope_without_signatures_is_refused() throws Exception {
        byte[] unsigned = DsseEnvelope.parseFrom(signed(PayloadType.DESIRED, fleet.directorKey)).toBuilder()
                .clearSignatures()
                .build()
                .toByteArray();
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(unsigned));
    }

    @Test
    void signatures_that_are_no_signatures_count_nothing() throws Exception {
        DsseEnvelope envelope = DsseEnvelope.parseFrom(signed(PayloadType.DESIRED, fleet.directorKey));
        for (byte[] garbage :
                new byte[][] {new byte[0], new byte[63], new byte[64], new byte[65], DsseTest.hex("ff".repeat(64))}) {
            byte[] bad = envelope.toBuilder()
                    .setSignatures(0, envelope.getSignatures(0).toBuilder().setSignature(ByteString.copyFrom(garbage)))
                    .build()
                    .toByteArray();
            assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(bad));
        }
    }

    @Test
    void a_threshold_of_two_needs_two_different_keys() throws Exception {
        SigningKey second = SigningKey.generate();
        TrustedRoot twoOfTwo = TrustedRoot.pin(fleet.rootOf(1)
                .role(RoleName.DIRECTOR, 2, List.of(fleet.directorKey.toPublicKey(), second.toPublicKey()))
                .sign(List.of(fleet.rootKey)));
        byte[] one = signed(PayloadType.DESIRED, fleet.directorKey);
        byte[] both = signed(PayloadType.DESIRED, fleet.directorKey, second);
        assertReason(Reason.THRESHOLD_NOT_MET, () -> twoOfTwo.verify(RoleName.DIRECTOR, PayloadType.DESIRED, one));
        assertThat(twoOfTwo.verify(RoleName.DIRECTOR, PayloadType.DESIRED, both))
                .isEqualTo(PAYLOAD);
    }

    @Test
    void one_key_that_signs_twice_counts_once() throws Exception {
        SigningKey second = SigningKey.generate();
        TrustedRoot twoOfTwo = TrustedRoot.pin(fleet.rootOf(1)
                .role(RoleName.DIRECTOR, 2, List.of(fleet.directorKey.toPublicKey(), second.toPublicKey()))
                .sign(List.of(fleet.rootKey)));
        byte[] twice = signed(PayloadType.DESIRED, fleet.directorKey, fleet.directorKey);
        assertReason(Reason.THRESHOLD_NOT_MET, () -> twoOfTwo.verify(RoleName.DIRECTOR, PayloadType.DESIRED, twice));
    }

    @Test
    void one_key_under_two_key_ids_counts_once() throws Exception {
        SigningKey second = SigningKey.generate();
        TrustedRoot twoOfTwo = TrustedRoot.pin(fleet.rootOf(1)
                .role(RoleName.DIRECTOR, 2, List.of(fleet.directorKey.toPublicKey(), second.toPublicKey()))
                .sign(List.of(fleet.rootKey)));
        DsseEnvelope signed = DsseEnvelope.parseFrom(signed(PayloadType.DESIRED, fleet.directorKey));
        DsseSignature signature = signed.getSignatures(0);
        for (byte[] otherId : new byte[][] {second.keyId(), new byte[16], new byte[0]}) {
            byte[] twoIds = signed.toBuilder()
                    .addSignatures(signature.toBuilder().setKeyId(ByteString.copyFrom(otherId)))
                    .build()
                    .toByteArray();
            assertReason(
                    Reason.THRESHOLD_NOT_MET, () -> twoOfTwo.verify(RoleName.DIRECTOR, PayloadType.DESIRED, twoIds));
        }
    }

    @Test
    void one_key_listed_twice_in_the_root_counts_once() {
        PublicKey key = fleet.directorKey.toPublicKey();
        byte[] envelope =
                fleet.rootOf(1).role(RoleName.DIRECTOR, 2, List.of(key, key)).sign(List.of(fleet.rootKey));
        assertReason(Reason.UNUSABLE_ROOT, () -> TrustedRoot.pin(envelope));
    }

    @Test
    void a_payload_type_swapped_in_the_envelope_is_refused() throws Exception {
        DsseEnvelope release = DsseEnvelope.parseFrom(signed(PayloadType.RELEASE, fleet.directorKey));
        byte[] renamed = release.toBuilder()
                .setPayloadType(PayloadType.DESIRED.mediaType())
                .build()
                .toByteArray();
        assertReason(Reason.THRESHOLD_NOT_MET, () -> verifyDesired(renamed));
    }

    @Test
    void a_document_of_another_type_is_refused_though_rightly_signed() {
        for (PayloadType other : PayloadType.values()) {
            if (other != PayloadType.DESIRED) {
                byte[] envelope = signed(other, fleet.directorKey);
                assertReason(Reason.WRONG_PAYLOAD_TYPE, () -> verifyDesired(envelope));
            }
        }
    }

    @Test
    void oversize_metadata_is_refused_before_it_is_parsed() {
        byte[] oversize = new byte[Limits.MAX_METADATA_BYTES + 1];
        assertReason(Reason.TOO_LARGE, () -> verifyDesired(oversize));
        assertReason(Reason.TOO_LARGE, () -> TrustedRoot.pin(oversize));
    }

    @Test
    void endless_signatures_are_refused_before_any_is_looked_at() throws Exception {
        DsseEnvelope envelope = DsseEnvelope.parseFrom(signed(PayloadType.DESIRED, fleet.directorKey));
        byte[] many = envelope.toBuilder()
                .addAllSignatures(Collections.nCopies(Limits.MAX_SIGNATURES, envelope.getSignatures(0)))
                .build()
                .toByteArray();
        assertReason(Reason.TOO_LARGE, () -> verifyDesired(many));
    }

    @Test
    void bytes_that_are_no_envelope_are_refused() {
        byte[] text = "desired: everything".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertReason(Reason.UNREADABLE, () -> verifyDesired(text));
        assertReason(Reason.WRONG_PAYLOAD_TYPE, () -> verifyDesired(new byte[0]));
    }

    // ---- steps of the root

    @Test
    void a_root_moves_on_by_one_when_both_sides_have_signed() throws Exception {
        SigningKey newRoot = SigningKey.generate();
        SigningKey newDirector = SigningKey.generate();
        TrustedRoot second = fleet.root.next(fleet.rootOf(2)
                .role(RoleName.ROOT, newRoot)
                .role(RoleName.DIRECTOR, newDirector)
                .sign(List.of(fleet.rootKey, newRoot)));
        assertThat(second.version()).isEqualTo(2);
        assertThat(second.verify(RoleName.DIRECTOR, PayloadType.DESIRED, signed(PayloadType.DESIRED, newDirector)))
                .isEqualTo(PAYLOAD);
        byte[] byTheOldDirector = signed(PayloadType.DESIRED, fleet.directorKey);
        assertReason(
                Reason.THRESHOLD_NOT_MET,
                () -> second.verify(RoleName.DIRECTOR, PayloadType.DESIRED, byTheOldDirector));
    }

    @Test
    void a_root_signed_only_by_the_new_side_is_refused() {
        SigningKey newRoot = SigningKey.generate();
        byte[] envelope = fleet.rootOf(2).role(RoleName.ROOT, newRoot).sign(List.of(newRoot));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> fleet.root.next(envelope));
    }

    @Test
    void a_root_signed_only_by_the_old_side_is_refused() {
        byte[] envelope =
                fleet.rootOf(2).role(RoleName.ROOT, SigningKey.generate()).sign(List.of(fleet.rootKey));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> fleet.root.next(envelope));
    }

    @Test
    void a_skipped_repeated_or_older_root_step_is_refused() throws Exception {
        TrustedRoot second = fleet.root.next(fleet.rootOf(2).sign(List.of(fleet.rootKey)));
        for (long version : new long[] {1, 2, 4, Long.MAX_VALUE - 1}) {
            byte[] envelope = fleet.rootOf(version).sign(List.of(fleet.rootKey));
            assertReason(Reason.ROOT_VERSION_STEP, () -> second.next(envelope));
        }
    }

    @Test
    void a_root_step_whose_payload_is_garbage_is_refused_after_its_signature() {
        byte[] garbage = Dsse.sign(PayloadType.ROOT, new byte[] {(byte) 0xff}, List.of(fleet.rootKey))
                .toByteArray();
        byte[] strangersGarbage = Dsse.sign(PayloadType.ROOT, new byte[] {(byte) 0xff}, List.of(SigningKey.generate()))
                .toByteArray();
        assertReason(Reason.UNREADABLE, () -> fleet.root.next(garbage));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> fleet.root.next(strangersGarbage));
    }

    @Test
    void a_root_with_a_key_of_another_algorithm_is_refused() throws Exception {
        Root root = Root.parseFrom(DsseEnvelope.parseFrom(fleet.rootEnvelope).getPayload());
        byte[] strange = root.toBuilder()
                .setDirector(root.getDirector().toBuilder()
                        .setKeys(0, root.getDirector().getKeys(0).toBuilder().setAlgorithmValue(7)))
                .build()
                .toByteArray();
        byte[] envelope =
                Dsse.sign(PayloadType.ROOT, strange, List.of(fleet.rootKey)).toByteArray();
        assertReason(Reason.UNUSABLE_KEY, () -> TrustedRoot.pin(envelope));
    }

    private void verifyDesired(byte[] envelope) throws TrustException {
        fleet.root.verify(RoleName.DIRECTOR, PayloadType.DESIRED, envelope);
    }

    private static byte[] signed(PayloadType type, SigningKey... keys) {
        return Dsse.sign(type, PAYLOAD, List.of(keys)).toByteArray();
    }

    static void assertReason(Reason reason, ThrowingCallable refused) {
        TrustException refusal = catchThrowableOfType(TrustException.class, refused);
        assertThat(refusal).isNotNull();
        assertThat(refusal.reason()).as(refusal.getMessage()).isEqualTo(reason);
    }
}
