package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.Messages;
import io.tinyfleet.protocol.Quoted;
import io.tinyfleet.protocol.UnreadableMessageException;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.DsseSignature;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Dead Simple Signing Envelope, version 1: what is signed is the pre-authentication encoding of payload type and
 * payload, so that a payload cannot be read as another type.
 */
public final class Dsse {
    private Dsse() {}

    /** {@code "DSSEv1" SP length(type) SP type SP length(payload) SP payload}; lengths in bytes, in decimal. */
    public static byte[] pae(String type, byte[] payload) {
        byte[] typeBytes = type.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("DSSEv1 " + typeBytes.length + " ").getBytes(StandardCharsets.US_ASCII);
        byte[] middle = (" " + payload.length + " ").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + typeBytes.length + middle.length + payload.length)
                .put(head)
                .put(typeBytes)
                .put(middle)
                .put(payload)
                .array();
    }

    /**
     * Signs the payload with every key.
     *
     * @throws IllegalArgumentException without a key, with more than {@link Limits#MAX_SIGNATURES}, or when the envelope
     *     would be over {@link Limits#MAX_METADATA_BYTES}
     */
    public static DsseEnvelope sign(PayloadType type, byte[] payload, List<SigningKey> keys) {
        if (keys.isEmpty() || keys.size() > Limits.MAX_SIGNATURES) {
            throw new IllegalArgumentException(
                    "an envelope takes 1 to " + Limits.MAX_SIGNATURES + " signatures, got " + keys.size() + " keys");
        }
        byte[] signed = pae(type.mediaType(), payload);
        DsseEnvelope.Builder envelope =
                DsseEnvelope.newBuilder().setPayloadType(type.mediaType()).setPayload(ByteString.copyFrom(payload));
        for (SigningKey key : keys) {
            envelope.addSignatures(DsseSignature.newBuilder()
                    .setKeyId(ByteString.copyFrom(key.keyId()))
                    .setSignature(ByteString.copyFrom(key.sign(signed))));
        }
        DsseEnvelope result = envelope.build();
        if (result.getSerializedSize() > Limits.MAX_METADATA_BYTES) {
            throw new IllegalArgumentException("a signed document has at most " + Limits.MAX_METADATA_BYTES
                    + " bytes, this one would have " + result.getSerializedSize());
        }
        return result;
    }

    /** A document that nobody has signed yet, for keys that sign one after the other in different places. */
    public static DsseEnvelope unsigned(PayloadType type, byte[] payload) {
        return DsseEnvelope.newBuilder()
                .setPayloadType(type.mediaType())
                .setPayload(ByteString.copyFrom(payload))
                .build();
    }

    /**
     * The same document with one more signature. A key that has signed it before signs anew.
     *
     * @throws IllegalArgumentException over {@link Limits#MAX_SIGNATURES} or {@link Limits#MAX_METADATA_BYTES}
     */
    public static DsseEnvelope addSignature(DsseEnvelope envelope, SigningKey key) {
        ByteString keyId = ByteString.copyFrom(key.keyId());
        DsseEnvelope.Builder signed = envelope.toBuilder().clearSignatures();
        envelope.getSignaturesList().stream()
                .filter(signature -> !signature.getKeyId().equals(keyId))
                .forEach(signed::addSignatures);
        byte[] message = pae(envelope.getPayloadType(), envelope.getPayload().toByteArray());
        DsseEnvelope result = signed.addSignatures(
                        DsseSignature.newBuilder().setKeyId(keyId).setSignature(ByteString.copyFrom(key.sign(message))))
                .build();
        if (result.getSignaturesCount() > Limits.MAX_SIGNATURES
                || result.getSerializedSize() > Limits.MAX_METADATA_BYTES) {
            throw new IllegalArgumentException("a signed document has at most " + Limits.MAX_SIGNATURES
                    + " signatures and " + Limits.MAX_METADATA_BYTES + " bytes");
        }
        return result;
    }

    /**
     * Reads an envelope to show it or to sign it. Says nothing about who has signed it.
     *
     * @throws TrustException when it is not an envelope of that type
     */
    public static DsseEnvelope read(PayloadType expected, byte[] bytes) throws TrustException {
        return open(expected, bytes);
    }

    /** Reads the envelope of one type; its payload is not looked at. */
    static DsseEnvelope open(PayloadType expected, byte[] bytes) throws TrustException {
        DsseEnvelope envelope;
        try {
            envelope = Messages.read(DsseEnvelope.parser(), bytes, Limits.MAX_METADATA_BYTES);
        } catch (UnreadableMessageException e) {
            Reason reason =
                    e.reason() == UnreadableMessageException.Reason.TOO_LARGE ? Reason.TOO_LARGE : Reason.UNREADABLE;
            throw new TrustException(reason, "the envelope is refused: " + e.getMessage());
        }
        if (envelope.getSignaturesCount() > Limits.MAX_SIGNATURES) {
            throw new TrustException(
                    Reason.TOO_LARGE,
                    "an envelope has at most " + Limits.MAX_SIGNATURES + " signatures, this one has "
                            + envelope.getSignaturesCount());
        }
        if (!expected.mediaType().equals(envelope.getPayloadType())) {
            throw new TrustException(
                    Reason.WRONG_PAYLOAD_TYPE,
                    "this place takes " + expected.mediaType() + ", the envelope says \""
                            + Quoted.shortened(envelope.getPayloadType()) + "\"");
        }
        return envelope;
    }
}
