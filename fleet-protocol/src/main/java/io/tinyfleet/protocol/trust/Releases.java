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
     * Checks, in this order: digest, size, type, signatures (of the model's own keys if the root delegates them), fields,
     * model.
     *
     * @param model the model under which the verified heads list this release
     * @param expected SHA-256 of the envelope, as the verified desired document names it
     * @throws TrustException when it is refused
     */
    public static Release verify(TrustedRoot root, String model, Digest expected, byte[] envelope)
            throws TrustException {
        SignedDocuments.requireDigest("release", expected, envelope);
        return verify(root, model, envelope);
    }

    /**
     * Checks a release whose model nobody has said: by the release role's keys alone.
     *
     * @param expected SHA-256 of the envelope, as the verified desired document names it
     * @throws TrustException when it is refused
     */
    public static Release verify(TrustedRoot root, Digest expected, byte[] envelope) throws TrustException {
        SignedDocuments.requireDigest("release", expected, envelope);
        byte[] payload = root.verify(RoleName.RELEASE, PayloadType.RELEASE, envelope);
        return read(payload);
    }

    private static Release read(byte[] payload) throws TrustException {
        Release release;
        try {
            release = Release.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a release: " + e.getMessage());
        }
        DocumentFields.check(release);
        return release;
    }

    /**
     * The same for an envelope that somebody hands over for that model, without a digest to expect.
     *
     * @throws TrustException when it is refused
     */
    public static Release verify(TrustedRoot root, String model, byte[] envelope) throws TrustException {
        Release release = read(root.verifyForModel(model, PayloadType.RELEASE, envelope));
        SignedDocuments.requireModel("release", model, release.getModel());
        return release;
    }

    /**
     * A security version under the floor of its model.
     *
     * @param floor 0 when the model has none
     * @throws TrustException with {@code BELOW_FLOOR}
     */
    public static void requireAtLeast(Release release, long floor) throws TrustException {
        if (release.getSecurityVersion() < floor) {
            throw new TrustException(
                    Reason.BELOW_FLOOR,
                    release.getModel() + " " + release.getVersion() + " has security version "
                            + release.getSecurityVersion() + ", the floor of the model is " + floor);
        }
    }
}
