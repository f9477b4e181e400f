package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelHeads;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The rules that the list of live releases must keep before a device installs anything it lists. */
public final class HeadsDocuments {
    /** Bytes that type, signatures and framing of an envelope take at most, with one signature. */
    private static final int ENVELOPE_BYTES = 256;

    private HeadsDocuments() {}

    /** More releases are alive than fit into one signed document. */
    public static final class TooManyReleasesException extends Exception {
        private static final long serialVersionUID = 1L;

        private final int listed;
        private final int fitting;

        TooManyReleasesException(int listed, int fitting) {
            super("the list of live releases has " + listed + " releases and would be over "
                    + Limits.MAX_METADATA_BYTES + " bytes; about " + fitting
                    + " such releases fit: retire releases that no device needs");
            this.listed = listed;
            this.fitting = fitting;
        }

        /** Releases that were to be listed. */
        public int listed() {
            return listed;
        }

        /** Releases of the same average length that would fit. */
        public int fitting() {
            return fitting;
        }
    }

    /**
     * The envelope of a list of heads.
     *
     * @throws TooManyReleasesException when it would be over the size of a signed document
     */
    public static byte[] sign(Heads heads, List<SigningKey> headsKeys) throws TooManyReleasesException {
        int bytes = heads.getSerializedSize();
        int room = Limits.MAX_METADATA_BYTES - ENVELOPE_BYTES * Math.max(1, headsKeys.size());
        if (bytes > room) {
            int listed = heads.getModelsList().stream()
                    .mapToInt(ModelHeads::getReleasesCount)
                    .sum();
            throw new TooManyReleasesException(listed, (int) ((long) listed * room / bytes));
        }
        return Dsse.sign(PayloadType.HEADS, heads.toByteArray(), headsKeys).toByteArray();
    }

    /**
     * Checks, in this order: digest, size, type, signatures, fields, root, version, the root's end, expiry.
     *
     * @param expected SHA-256 of the envelope, as the verified desired document names it
     * @param stored newest list that the device has verified; its very bytes are taken again
     * @param trustedTime latest signed time seen, or the system's clock while it is synchronised
     * @throws TrustException when it is refused; the stored one stays
     */
    public static Heads verify(
            TrustedRoot root, Digest expected, Optional<SeenVersion> stored, Instant trustedTime, byte[] envelope)
            throws TrustException {
        SignedDocuments.requireDigest("list of heads", expected, envelope);
        byte[] payload = root.verify(RoleName.HEADS, PayloadType.HEADS, envelope);
        Heads heads;
        try {
            heads = Heads.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new TrustException(Reason.UNREADABLE, "the payload is not a list of heads: " + e.getMessage());
        }
        DocumentFields.check(heads);
        if (!heads.getRootSha256().equals(root.digest().toBytes()) || heads.getRootVersion() != root.version()) {
            throw new TrustException(
                    Reason.WRONG_ROOT,
                    "heads version " + heads.getVersion() + " were made under root version " + heads.getRootVersion()
                            + ", this is version " + root.version() + " ("
                            + root.digest().shortHex() + ")");
        }
        SignedDocuments.requireNewer("heads", heads.getVersion(), stored, envelope);
        root.requireCurrent(trustedTime);
        requireCurrent(heads, trustedTime);
        return heads;
    }

    /**
     * Refuses a list that has ended since it was verified.
     *
     * @throws TrustException with {@code EXPIRED}
     */
    public static void requireCurrent(Heads heads, Instant trustedTime) throws TrustException {
        SignedDocuments.requireNotEnded("heads version " + heads.getVersion(), heads.getExpiresAtMillis(), trustedTime);
    }

    /**
     * The model whose live releases have that digest.
     *
     * @param release SHA-256 of the release's envelope
     * @throws TrustException with {@code NOT_IN_HEADS}
     */
    public static ModelHeads modelOf(Heads heads, Digest release) throws TrustException {
        ByteString wanted = release.toBytes();
        for (ModelHeads model : heads.getModelsList()) {
            if (model.getReleasesList().stream()
                    .anyMatch(listed -> listed.getSha256().equals(wanted))) {
                return model;
            }
        }
        throw new TrustException(
                Reason.NOT_IN_HEADS,
                "heads version " + heads.getVersion() + " do not list the release " + release.shortHex());
    }
}
