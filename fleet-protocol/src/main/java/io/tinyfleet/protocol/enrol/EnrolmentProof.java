package io.tinyfleet.protocol.enrol;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.trust.Dsse;
import io.tinyfleet.protocol.trust.PublicKeys;
import io.tinyfleet.protocol.trust.TrustException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Shows that whoever enrols holds the private half of the key it sends: a signature over token, device id and public
 * key. A proof made for one token or device is none for another.
 */
public final class EnrolmentProof {
    /** The type in the pre-authentication encoding; keeps these signatures apart from all others. */
    public static final String TYPE = "application/vnd.tinyfleet.enrol.v1";

    private static final int MAX_TOKEN_BYTES = 256;
    private static final int MAX_SPKI_BYTES = 1024;
    private static final int LENGTH_BYTES = 2;

    private EnrolmentProof() {}

    /**
     * The bytes to sign: the pre-authentication encoding of {@link #TYPE} and of token, device id and key, each of the
     * three behind its length in bytes as 16 bits, big-endian.
     *
     * @param spki the public key as X.509 SubjectPublicKeyInfo
     * @throws IllegalArgumentException when the token is over 256 bytes or the key over 1024
     */
    public static byte[] toSign(String token, DeviceId device, byte[] spki) {
        byte[] tokenBytes = token.getBytes(StandardCharsets.UTF_8);
        if (tokenBytes.length > MAX_TOKEN_BYTES) {
            throw new IllegalArgumentException(
                    "an enrolment token has at most " + MAX_TOKEN_BYTES + " bytes, got " + tokenBytes.length);
        }
        if (spki.length > MAX_SPKI_BYTES) {
            throw new IllegalArgumentException(
                    "a public key has at most " + MAX_SPKI_BYTES + " bytes, got " + spki.length);
        }
        byte[] deviceBytes = device.value().getBytes(StandardCharsets.US_ASCII);
        ByteBuffer body = ByteBuffer.allocate(3 * LENGTH_BYTES + tokenBytes.length + deviceBytes.length + spki.length);
        body.putShort((short) tokenBytes.length).put(tokenBytes);
        body.putShort((short) deviceBytes.length).put(deviceBytes);
        body.putShort((short) spki.length).put(spki);
        return Dsse.pae(TYPE, body.array());
    }

    /**
     * Checks the proof that came with an enrolment.
     *
     * @throws TrustException when the key is not a usable Ed25519 key ({@code UNUSABLE_KEY}) or has not signed
     *     ({@code THRESHOLD_NOT_MET})
     */
    public static void verify(String token, DeviceId device, byte[] spki, byte[] signature) throws TrustException {
        PublicKeys.requireUsable(spki);
        PublicKeys.requireSignature(spki, toSign(token, device, spki), signature);
    }
}
