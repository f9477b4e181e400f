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
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A public key in its one and only encoding. A second spelling of the same key (padding in the DER, a compressed point, a
 * coordinate above the field's prime) is refused, so equal bytes and equal keys are the same thing, which thresholds
 * rely on.
 */
final class VerifyingKey {
    /** SubjectPublicKeyInfo of RFC 8410: 12 bytes of header, 32 bytes of key. */
    private static final byte[] ED25519_HEADER = HexFormat.of().parseHex("302a300506032b6570032100");

    /** SubjectPublicKeyInfo of RFC 5480 for the named curve P-256 with an uncompressed point: then 32 bytes x, 32 y. */
    private static final byte[] P256_HEADER =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    private static final int ED25519_SPKI_BYTES = 44;
    private static final int P256_SPKI_BYTES = 91;
    private static final int KEY_ID_BYTES = 16;

    private static final BigInteger ED25519_PRIME = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    /** FIPS 186-4, D.1.2.3; the curve is y² = x³ - 3x + b. */
    private static final BigInteger P256_PRIME =
            new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);

    private static final BigInteger P256_B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);

    private final KeyAlgorithm algorithm;
    private final byte[] spki;
    private final PublicKey key;

    private VerifyingKey(KeyAlgorithm algorithm, byte[] spki, PublicKey key) {
        this.algorithm = algorithm;
        this.spki = spki;
        this.key = key;
    }

    /** Reads a key of either kind; its header says which. */
    static VerifyingKey parse(byte[] spki) throws TrustException {
        return startsWith(spki, P256_HEADER) ? p256(spki) : ed25519(spki);
    }

    static VerifyingKey parse(io.tinyfleet.protocol.v1.PublicKey key) throws TrustException {
        byte[] spki = key.getSpki().toByteArray();
        return switch (key.getAlgorithm()) {
            case ED25519 -> ed25519(spki);
            case ECDSA_P256 -> p256(spki);
            case KEY_ALGORITHM_UNSPECIFIED, UNRECOGNIZED ->
                throw new TrustException(
                        Reason.UNUSABLE_KEY,
                        "a key's algorithm must be ED25519 or ECDSA_P256, got number " + key.getAlgorithmValue());
        };
    }

    static VerifyingKey ed25519(byte[] spki) throws TrustException {
        if (spki.length != ED25519_SPKI_BYTES || !startsWith(spki, ED25519_HEADER)) {
            throw new TrustException(
                    Reason.UNUSABLE_KEY,
                    "a public key must be an Ed25519 SubjectPublicKeyInfo of 44 bytes (RFC 8410), got " + spki.length
                            + " bytes of something else");
        }
        try {
            PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
            if (((EdECPublicKey) key).getPoint().getY().compareTo(ED25519_PRIME) >= 0) {
                throw new TrustException(
                        Reason.UNUSABLE_KEY, "the public key's coordinate is not below the field's prime");
            }
            return new VerifyingKey(KeyAlgorithm.ED25519, spki.clone(), key);
        } catch (GeneralSecurityException e) {
            throw new TrustException(Reason.UNUSABLE_KEY, "the public key is no Ed25519 point: " + e.getMessage());
        }
    }

    private static VerifyingKey p256(byte[] spki) throws TrustException {
        if (spki.length != P256_SPKI_BYTES || !startsWith(spki, P256_HEADER)) {
            throw new TrustException(
                    Reason.UNUSABLE_KEY,
                    "a P-256 key must be a SubjectPublicKeyInfo of 91 bytes with the named curve and an uncompressed"
                            + " point (RFC 5480), got " + spki.length + " bytes of something else");
        }
        try {
            PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
            requireOnP256(((ECPublicKey) key).getW());
            return new VerifyingKey(KeyAlgorithm.ECDSA_P256, spki.clone(), key);
        } catch (GeneralSecurityException e) {
            throw new TrustException(Reason.UNUSABLE_KEY, "the public key is no P-256 point: " + e.getMessage());
        }
    }

    /** Not left to the provider: a point beside the curve would weaken every signature under it. */
    private static void requireOnP256(ECPoint point) throws TrustException {
        BigInteger x = point.getAffineX();
        BigInteger y = point.getAffineY();
        boolean inField = x != null && y != null && x.compareTo(P256_PRIME) < 0 && y.compareTo(P256_PRIME) < 0;
        boolean onCurve = inField
                && y.multiply(y)
                        .subtract(x.pow(3))
                        .add(x.multiply(BigInteger.valueOf(3)))
                        .subtract(P256_B)
                        .mod(P256_PRIME)
                        .equals(BigInteger.ZERO);
        if (!onCurve) {
            throw new TrustException(Reason.UNUSABLE_KEY, "the public key's point is not on the curve P-256");
        }
    }

    private static boolean startsWith(byte[] bytes, byte[] head) {
        return bytes.length >= head.length && Arrays.equals(bytes, 0, head.length, head, 0, head.length);
    }

    KeyAlgorithm algorithm() {
        return algorithm;
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
            Signature verifier = Signature.getInstance(signatureName(algorithm));
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (SignatureException e) {
            // Bytes that are no signature at all are not this key's signature.
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot verify " + algorithm, e);
        }
    }

    /** How the JDK calls it. */
    static String signatureName(KeyAlgorithm algorithm) {
        return algorithm == KeyAlgorithm.ECDSA_P256 ? "SHA256withECDSA" : "Ed25519";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VerifyingKey that && Arrays.equals(spki, that.spki);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(spki);
    }
}
