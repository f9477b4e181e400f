package io.tinyfleet.protocol.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Release;
import java.util.List;

/** The rules a release must keep before a device installs one of its variants. */
public final class Releases {
    private Releases() {}

    /** The envelope of a release, signed by the release role's keys. */
    public static byte[] sign(Release release, List<SigningKey> releaseKeys) {
        return Dsse.sign(PayloadType.RELEASE, release.toByteArray(), releaseKeys)
                .toByteArray();
    }

    /**
     * Checks, in this order: digest, size, type, signatures, fields.
     *
     * @param expected SHA-256 of the envelope, as the verified desired document names it
     * @throws TrustException when it is refused
     */
    public static Release verify(TrustedRoot root, Digest expected, byte[] envelope) throws TrustException {
        Digest actual = Digest.of(envelope);
        if (!actual.equals(expected)) {
            throw new TrustException(
                    Reason.WRONG_DIGEST,
                    "asked for the release " + expected.shortHex() + ", got bytes with the digest "
                            + actual.shortHex());
        }
        byte[] payload = root.verify(RoleName.RELEASE, PayloadType.RELEASE, envelope);
        Release release;
        try {
            release = Release.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a release: " + e.getMessage());
        }
        DocumentFields.check(release);
        return release;
    }
}
