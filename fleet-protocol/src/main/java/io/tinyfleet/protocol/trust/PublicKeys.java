package io.tinyfleet.protocol.trust;

import io.tinyfleet.protocol.trust.TrustException.Reason;

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
        Ed25519Key.parse(spki);
    }

    /**
     * The key has signed the message.
     *
     * @throws TrustException with {@code UNUSABLE_KEY} or {@code THRESHOLD_NOT_MET}
     */
    public static void requireSignature(byte[] spki, byte[] message, byte[] signature) throws TrustException {
        if (!Ed25519Key.parse(spki).hasSigned(message, signature)) {
            throw new TrustException(
                    Reason.THRESHOLD_NOT_MET, "the signature was not made with this key over this message");
        }
    }
}
