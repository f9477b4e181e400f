package io.tinyfleet.protocol.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class DsseTest {
    /** The test vector of the DSSE protocol specification, version 1. */
    @Test
    void the_pre_authentication_encoding_is_that_of_the_specification() {
        assertThat(Dsse.pae("http://example.com/HelloWorld", utf8("hello world")))
                .isEqualTo(utf8("DSSEv1 29 http://example.com/HelloWorld 11 hello world"));
    }

    @Test
    void lengths_are_in_bytes_and_empty_parts_keep_their_place() {
        assertThat(Dsse.pae("ü", utf8("é"))).isEqualTo(utf8("DSSEv1 2 ü 2 é"));
        assertThat(Dsse.pae("", new byte[0])).isEqualTo(utf8("DSSEv1 0  0 "));
    }

    /** RFC 8032, section 7.1, test 2: what other Ed25519 libraries sign is read here. */
    @Test
    void signatures_are_those_of_rfc_8032() throws Exception {
        byte[] spki =
                hex("302a300506032b6570032100" + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        byte[] signature = hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        PublicKeys.requireSignature(spki, new byte[] {0x72}, signature);
    }

    @Test
    void an_envelope_says_its_type_and_names_its_keys() {
        SigningKey key = SigningKey.generate();
        DsseEnvelope envelope = Dsse.sign(PayloadType.DESIRED, utf8("payload"), List.of(key));
        assertThat(envelope.getPayloadType()).isEqualTo("application/vnd.tinyfleet.desired.v1+protobuf");
        assertThat(envelope.getSignatures(0).getKeyId().toByteArray())
                .hasSize(16)
                .isEqualTo(key.keyId());
        assertThat(envelope.getSignatures(0).getSignature().toByteArray())
                .isEqualTo(key.sign(Dsse.pae(envelope.getPayloadType(), utf8("payload"))));
    }

    @Test
    void what_nobody_would_take_is_not_signed() {
        SigningKey key = SigningKey.generate();
        assertThatIllegalArgumentException().isThrownBy(() -> Dsse.sign(PayloadType.ROOT, new byte[0], List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dsse.sign(PayloadType.ROOT, new byte[0], Collections.nCopies(17, key)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dsse.sign(PayloadType.ROOT, new byte[Limits.MAX_METADATA_BYTES], List.of(key)))
                .withMessageContaining("65536");
    }

    static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
