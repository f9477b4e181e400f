package io.tinyfleet.protocol.trust;

import static io.tinyfleet.protocol.trust.TrustedRootTest.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.SelfTest;
import io.tinyfleet.protocol.v1.Variant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReleasesTest {
    private final TrustFixture fleet;

    ReleasesTest() throws TrustException {
        fleet = new TrustFixture();
    }

    @Test
    void a_release_that_was_asked_for_and_is_signed_is_taken() throws Exception {
        byte[] envelope = signed(TrustFixture.release());
        Release release = Releases.verify(fleet.root, Digest.of(envelope), envelope);
        assertThat(release.getModel()).isEqualTo("silero-vad");
    }

    @Test
    void a_release_the_director_asks_for_but_the_release_role_has_not_signed_is_refused() {
        byte[] byDirector = Releases.sign(TrustFixture.release().build(), List.of(fleet.directorKey));
        assertReason(Reason.THRESHOLD_NOT_MET, () -> Releases.verify(fleet.root, Digest.of(byDirector), byDirector));
    }

    @Test
    void another_release_than_the_one_asked_for_is_refused_though_signed() {
        byte[] asked = signed(TrustFixture.release());
        byte[] other = signed(TrustFixture.release().setVersion("4.0.0"));
        assertReason(Reason.WRONG_DIGEST, () -> Releases.verify(fleet.root, Digest.of(asked), other));
    }

    @Test
    void a_desired_document_is_no_release() {
        byte[] desired = fleet.signed(fleet.desired(1));
        assertReason(Reason.WRONG_PAYLOAD_TYPE, () -> Releases.verify(fleet.root, Digest.of(desired), desired));
    }

    @Test
    void a_rightly_signed_release_with_a_field_outside_its_rule_is_refused() {
        Variant variant = TrustFixture.release().getVariants(0);
        List<Release.Builder> malformed = new ArrayList<>();
        malformed.add(TrustFixture.release().setReleaseId(ByteString.copyFrom(new byte[4])));
        malformed.add(TrustFixture.release().setModel(""));
        malformed.add(TrustFixture.release().setModel("../../etc/passwd"));
        malformed.add(TrustFixture.release().setVersion("5\n0"));
        malformed.add(TrustFixture.release().setVersion("x".repeat(65)));
        malformed.add(TrustFixture.release().clearVariants());
        malformed.add(TrustFixture.release().addVariants(variant));
        malformed.add(TrustFixture.release().setVariants(0, variant.toBuilder().clearTarget()));
        malformed.add(TrustFixture.release()
                .setVariants(
                        0,
                        variant.toBuilder()
                                .setTarget(variant.getTarget().toBuilder().setSize(0))));
        malformed.add(withSelfTest(selfTest().setAbsoluteTolerance(Double.NaN)));
        malformed.add(withSelfTest(selfTest().setRelativeTolerance(Double.POSITIVE_INFINITY)));
        malformed.add(withSelfTest(selfTest().setAbsoluteTolerance(-1)));
        malformed.add(withSelfTest(selfTest().setVectorsSize(Limits.MAX_SELF_TEST_BYTES + 1L)));
        malformed.add(withSelfTest(selfTest().clearVectorsSha256()));
        for (Release.Builder release : malformed) {
            byte[] envelope = signed(release);
            assertReason(Reason.MALFORMED, () -> Releases.verify(fleet.root, Digest.of(envelope), envelope));
        }
    }

    private static Release.Builder withSelfTest(SelfTest.Builder selfTest) {
        return TrustFixture.release()
                .setVariants(
                        0, TrustFixture.release().getVariants(0).toBuilder().setSelfTest(selfTest));
    }

    private static SelfTest.Builder selfTest() {
        return SelfTest.newBuilder()
                .setVectorsSha256(TrustFixture.sha("vectors"))
                .setVectorsSize(1000)
                .setAbsoluteTolerance(1e-4);
    }

    private byte[] signed(Release.Builder release) {
        return Releases.sign(release.build(), List.of(fleet.releaseKey));
    }
}
