package io.tinyfleet.protocol.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Floors;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The rules that a model's floors must keep. Whoever signs the model's releases signs its floors; a newer document may
 * also lower one, because these keys could as well sign the old file again under a high security version.
 */
public final class FloorsDocuments {
    private FloorsDocuments() {}

    /** The envelope of a floors document, signed by the keys that sign the model's releases. */
    public static byte[] sign(Floors floors, List<SigningKey> releaseKeys) {
        return Dsse.sign(PayloadType.FLOORS, floors.toByteArray(), releaseKeys).toByteArray();
    }

    /**
     * Checks, in this order: digest, size, type, signatures, fields, model, version, the root's end, expiry.
     *
     * @param model the exact name
     * @param expected SHA-256 of the envelope, as the verified heads name it
     * @param stored newest floors of this model that were verified
     * @param trustedTime latest signed time seen, or the system's clock while it is synchronised
     * @throws TrustException when they are refused; the stored floor stays
     */
    public static Floors verify(
            TrustedRoot root,
            String model,
            Digest expected,
            Optional<SeenVersion> stored,
            Instant trustedTime,
            byte[] envelope)
            throws TrustException {
        SignedDocuments.requireDigest("floors of " + model, expected, envelope);
        return verify(root, model, stored, trustedTime, envelope);
    }

    /**
     * The same for an envelope that somebody hands over for that model, without a digest to expect.
     *
     * @throws TrustException when they are refused; the stored floor stays
     */
    public static Floors verify(
            TrustedRoot root, String model, Optional<SeenVersion> stored, Instant trustedTime, byte[] envelope)
            throws TrustException {
        byte[] payload = root.verifyForModel(model, PayloadType.FLOORS, envelope);
        Floors floors;
        try {
            floors = Floors.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a floors document: " + e.getMessage());
        }
        DocumentFields.check(floors);
        SignedDocuments.requireModel("floors document", model, floors.getModel());
        SignedDocuments.requireNewer("the floors of " + model, floors.getVersion(), stored, envelope);
        root.requireCurrent(trustedTime);
        SignedDocuments.requireNotEnded("floors of " + model, floors.getExpiresAtMillis(), trustedTime);
        return floors;
    }
}
