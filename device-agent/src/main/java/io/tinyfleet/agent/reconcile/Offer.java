package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Probation;
import io.tinyfleet.protocol.v1.Shadow;

/** What the server wants in one slot, under one attempt. The fields have been checked with the document's signature. */
public record Offer(AttemptId attempt, DesiredSlot wanted) {

    public static Offer of(DesiredSlot wanted) {
        return new Offer(AttemptId.fromBytes(wanted.getAttemptId()), wanted);
    }

    /** The shadow that a slot's part of the document asks for, as an offer of its own. */
    static Offer shadowIn(DesiredSlot wanted) {
        Shadow shadow = wanted.getShadow();
        return of(DesiredSlot.newBuilder()
                .setSlot(wanted.getSlot())
                .setAttemptId(shadow.getAttemptId())
                .setRelease(shadow.getRelease())
                .setVariantSha256(shadow.getVariantSha256())
                .addAllEncodings(shadow.getEncodingsList())
                .setShadow(shadow.toBuilder().clearRelease().clearEncodings())
                .build());
    }

    public Digest artifact() {
        return Digest.fromBytes(wanted.getVariantSha256());
    }

    public BlobRef release() {
        return wanted.getRelease();
    }

    public boolean retry() {
        return wanted.getRetry();
    }

    /** How much and how long a shadow is to see. */
    Shadow shadow() {
        return wanted.getShadow();
    }

    public Probation probation() {
        return wanted.getProbation();
    }

    /** A document that is signed again keeps the attempt: then there is nothing to do. */
    public boolean sameWorkAs(Offer other) {
        return attempt.equals(other.attempt)
                && wanted.getVariantSha256().equals(other.wanted.getVariantSha256())
                && wanted.getRelease()
                        .getSha256()
                        .equals(other.wanted.getRelease().getSha256());
    }
}
