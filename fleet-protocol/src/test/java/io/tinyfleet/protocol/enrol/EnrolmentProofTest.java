package io.tinyfleet.protocol.enrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EnrolmentProofTest {
    private static final DeviceId DEVICE = new DeviceId("dev-7");
    private static final String TOKEN = "tfe_abc";

    private final SigningKey key = SigningKey.generate();
    private final byte[] proof = key.sign(EnrolmentProof.toSign(TOKEN, DEVICE, key.spki()));

    @Test
    void the_holder_of_the_key_can_prove_it() throws Exception {
        EnrolmentProof.verify(TOKEN, DEVICE, key.spki(), proof);
    }

    @Test
    void a_proof_for_another_token_device_or_key_is_none() {
        assertRefused("tfe_abd", DEVICE, key.spki());
        assertRefused(TOKEN, new DeviceId("dev-8"), key.spki());
        assertRefused(TOKEN, DEVICE, SigningKey.generate().spki());
    }

    @Test
    void what_moves_between_token_and_device_id_changes_the_signed_bytes() {
        assertThat(EnrolmentProof.toSign("ab", new DeviceId("c"), key.spki()))
                .isNotEqualTo(EnrolmentProof.toSign("a", new DeviceId("bc"), key.spki()));
    }

    @Test
    void the_signed_bytes_are_those_of_the_protocol_document() {
        byte[] spki = {1, 2, 3};
        byte[] body = "\0\7tfe_abc\0\5dev-7\0\3\1\2\3".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(EnrolmentProof.toSign(TOKEN, DEVICE, spki))
                .isEqualTo(Dsse.pae("application/vnd.tinyfleet.enrol.v1", body));
    }

    @Test
    void a_key_that_is_none_and_an_endless_token_are_refused() {
        TrustException refusal = catchThrowableOfType(
                TrustException.class, () -> EnrolmentProof.verify(TOKEN, DEVICE, new byte[44], proof));
        assertThat(refusal.reason()).isEqualTo(TrustException.Reason.UNUSABLE_KEY);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnrolmentProof.toSign("x".repeat(257), DEVICE, key.spki()));
    }

    private void assertRefused(String token, DeviceId device, byte[] spki) {
        TrustException refusal =
                catchThrowableOfType(TrustException.class, () -> EnrolmentProof.verify(token, device, spki, proof));
        assertThat(refusal.reason()).isEqualTo(TrustException.Reason.THRESHOLD_NOT_MET);
    }
}
