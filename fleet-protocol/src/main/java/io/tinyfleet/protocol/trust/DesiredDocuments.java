package io.tinyfleet.protocol.trust;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Quoted;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Desired;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The rules a desired document must keep before a device acts on it. */
public final class DesiredDocuments {
    private DesiredDocuments() {}

    /** The envelope of a desired document, signed by the director's keys. */
    public static byte[] sign(Desired desired, List<SigningKey> directorKeys) {
        return Dsse.sign(PayloadType.DESIRED, desired.toByteArray(), directorKeys)
                .toByteArray();
    }

    /**
     * Checks a document that has just arrived, in this order: size, type, signatures, root, device, seq, expiry, fields.
     * A document with the stored seq and the very same bytes is accepted: the server sent it again, there is nothing to
     * do.
     *
     * @param storedSeq newest seq the device has verified and stored; 0 when none
     * @param storedDigest SHA-256 of the envelope with that seq; empty when none
     * @param trustedTime latest signed time seen, or the system's clock while it is synchronised
     * @throws TrustException when it is refused; the stored document stays
     */
    public static Desired verify(
            TrustedRoot root,
            DeviceId device,
            long storedSeq,
            Optional<Digest> storedDigest,
            Instant trustedTime,
            byte[] envelope)
            throws TrustException {
        Desired desired = readSigned(root, device, envelope);
        requireNewer(desired, storedSeq, storedDigest, envelope);
        root.requireCurrent(trustedTime);
        Instant expiresAt = Instant.ofEpochMilli(desired.getExpiresAtMillis());
        if (!trustedTime.isBefore(expiresAt)) {
            throw new TrustException(
                    Reason.EXPIRED,
                    "desired seq " + desired.getSeq() + " ended at " + expiresAt + ", it is " + trustedTime);
        }
        return desired;
    }

    /**
     * Checks a document that this device verified and stored earlier, when it is read again at start: everything but
     * expiry and seq, because neither time nor a newer document makes a running model stop.
     *
     * @throws TrustException when it is not a document of this device under this root
     */
    public static Desired readStored(TrustedRoot root, DeviceId device, byte[] envelope) throws TrustException {
        return readSigned(root, device, envelope);
    }

    private static Desired readSigned(TrustedRoot root, DeviceId device, byte[] envelope) throws TrustException {
        byte[] payload = root.verify(RoleName.DIRECTOR, PayloadType.DESIRED, envelope);
        Desired desired;
        try {
            desired = Desired.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a desired document: " + e.getMessage());
        }
        if (!desired.getRootSha256().equals(root.digest().toBytes())) {
            throw new TrustException(
                    Reason.WRONG_ROOT,
                    "the document was made under another root than version " + root.version() + " ("
                            + root.digest().shortHex() + ")");
        }
        if (!device.value().equals(desired.getDeviceId())) {
            throw new TrustException(
                    Reason.WRONG_DEVICE,
                    "this is " + device + ", the document is for \"" + Quoted.shortened(desired.getDeviceId()) + "\"");
        }
        DocumentFields.check(desired);
        return desired;
    }

    private static void requireNewer(Desired desired, long storedSeq, Optional<Digest> storedDigest, byte[] envelope)
            throws TrustException {
        long seq = desired.getSeq();
        if (seq > storedSeq) {
            return;
        }
        if (seq < storedSeq) {
            throw new TrustException(
                    Reason.OLD_SEQ, "seq must grow: stored " + storedSeq + ", the document has " + seq);
        }
        if (!storedDigest.equals(Optional.of(Digest.of(envelope)))) {
            throw new TrustException(
                    Reason.SAME_SEQ_OTHER_CONTENT, "seq " + seq + " is stored with other content than this document's");
        }
    }
}
