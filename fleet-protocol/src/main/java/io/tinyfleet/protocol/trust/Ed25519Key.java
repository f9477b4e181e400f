package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 public key in its one and only encoding. A second spelling of the same key (padding in the DER, a
 * coordinate above the field's prime) is refused, so equal bytes and equal keys are the same thing, which thresholds
 * rely on.
 */
final class Ed25519Key {
    /** SubjectPublicKeyInfo of RFC 8410: 12 bytes of header, 32 bytes of key. */
    private static final byte[] HEADER = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final int SPKI_BYTES = 44;
    private static final int KEY_ID_BYTES = 16;
    private static final BigInteger FIELD_PRIME = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    private final byte[] spki;
    private final PublicKey key;

    private Ed25519Key(byte[] spki, PublicKey key) {
        this.spki = spki;
        this.key = key;
    }

    static Ed25519Key parse(byte[] spki) throws TrustException {
        if (spki.length != SPKI_BYTES || !Arrays.equals(spki, 0, HEADER.length, HEADER, 0, HEADER.length)) {
            throw new TrustException(
                    Reason.UNUSABLE_KEY,
                    "a public key must be an Ed25519 SubjectPublicKeyInfo of 44 bytes (RFC 8410), got " + spki.length
                            + " bytes of something else");
        }
        try {
            PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
            if (((EdECPublicKey) key).getPoint().getY().compareTo(FIELD_PRIME) >= 0) {
                throw new TrustException(
                        Reason.UNUSABLE_KEY, "the public key's coordinate is not below the field's prime");
            }
            return new Ed25519Key(spki.clone(), key);
        } catch (GeneralSecurityException e) {
            throw new TrustException(Reason.UNUSABLE_KEY, "the public key is no Ed25519 point: " + e.getMessage());
        }
    }

    static Ed25519Key parse(io.tinyfleet.protocol.v1.PublicKey key) throws TrustException {
        if (key.getAlgorithm() != KeyAlgorithm.ED25519) {
            throw new TrustException(
                    Reason.UNUSABLE_KEY, "a key's algorithm must be ED25519, got number " + key.getAlgorithmValue());
        }
        return parse(key.getSpki().toByteArray());
    }

    byte[] spki() {
        return spki.clone();
    }

    /** First 16 bytes of the SHA-256 of the encoding. */
    ByteString keyId() {
        return Digest.of(spki).toBytes().substring(0, KEY_ID_BYTES);
    }

    boolean hasSigned(byte[] message, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (SignatureException e) {
            // Bytes that are no signature at all are not this key's signature.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot verify Ed25519", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ed25519Key that && Arrays.equals(spki, that.spki);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(spki);
    }
}
