package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.PublicKey;
import java.util.HexFormat;

/** Checks on a single public key, outside any root. */
public final class PublicKeys {
    private PublicKeys() {}

    /**
     * The bytes are an Ed25519 key in its one encoding.
     *
     * @param spki X.509 SubjectPublicKeyInfo, 44 bytes
     * @throws TrustException with {@code UNUSABLE_KEY}
     */
    public static void requireUsable(byte[] spki) throws TrustException {
        VerifyingKey.ed25519(spki);
    }

    /**
     * The key has signed the message.
     *
     * @throws TrustException with {@code UNUSABLE_KEY} or {@code THRESHOLD_NOT_MET}
     */
    public static void requireSignature(byte[] spki, byte[] message, byte[] signature) throws TrustException {
        if (!VerifyingKey.ed25519(spki).hasSigned(message, signature)) {
            throw new TrustException(
                    Reason.THRESHOLD_NOT_MET, "the signature was not made with this key over this message");
        }
    }

    /**
     * The key id by which envelopes and people call a key: 16 bytes in hexadecimal.
     *
     * @throws TrustException with {@code UNUSABLE_KEY}
     */
    public static String keyId(PublicKey key) throws TrustException {
        return HexFormat.of().formatHex(VerifyingKey.parse(key).keyId().toByteArray());
    }

    /**
     * The key as it stands in a root, out of its X.509 encoding.
     *
     * @param spki SubjectPublicKeyInfo of an Ed25519 or a P-256 key
     * @throws TrustException with {@code UNUSABLE_KEY}
     */
    public static PublicKey parse(byte[] spki) throws TrustException {
        VerifyingKey key = VerifyingKey.parse(spki);
        return PublicKey.newBuilder()
                .setAlgorithm(key.algorithm())
                .setSpki(ByteString.copyFrom(key.spki()))
                .build();
    }

    /**
     * A key of either kind has signed the message.
     *
     * @throws TrustException with {@code UNUSABLE_KEY} or {@code THRESHOLD_NOT_MET}
     */
    public static void requireSignature(PublicKey key, byte[] message, byte[] signature) throws TrustException {
        if (!VerifyingKey.parse(key).hasSigned(message, signature)) {
            throw new TrustException(
                    Reason.THRESHOLD_NOT_MET, "the signature was not made with this key over this message");
        }
    }
}
