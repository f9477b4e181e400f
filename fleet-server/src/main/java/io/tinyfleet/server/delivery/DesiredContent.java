package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Probation;
import io.tinyfleet.protocol.v1.Shadow;
import io.tinyfleet.server.delivery.encoding.ReadyEncoding;
import io.tinyfleet.server.model.ArtifactView;
import io.tinyfleet.server.model.ReleaseView;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * What a desired document asks for, before it gets a number and times. Two contents with the same digest ask for the
 * same, so a document is signed anew only when its digest changes, when it grows old, or when the device holds a higher
 * number.
 */
record DesiredContent(Desired unnumbered) {
    /** A slot with all that its part of the document needs. */
    record Filled(SlotContent content, ReleaseView release, ArtifactView artifact, List<ReadyEncoding> encodings) {}

    /** A shadow with all that its part of the document needs. */
    record FilledShadow(
            ShadowContent content, ReleaseView release, ArtifactView artifact, List<ReadyEncoding> encodings) {}

    /** A slot's part of the document; without a filling it is to run nothing. */
    record SlotPart(StoredSlot slot, Optional<Filled> filling, Optional<FilledShadow> shadow) {
        SlotPart(StoredSlot slot, Optional<Filled> filling) {
            this(slot, filling, Optional.empty());
        }
    }

    /** @param floors envelopes of the floors of the slots' models */
    static DesiredContent of(DeviceId device, Digest root, Collection<BlobRef> floors, List<SlotPart> parts) {
        Desired.Builder desired = Desired.newBuilder()
                .setDeviceId(device.value())
                .setRootSha256(root.toBytes())
                .addAllFloors(floors);
        parts.forEach(part -> desired.addSlots(slot(part)));
        return new DesiredContent(desired.build());
    }

    private static DesiredSlot slot(SlotPart part) {
        DesiredSlot.Builder slot = DesiredSlot.newBuilder()
                .setSlot(part.slot().slot().value())
                .setAttemptId(part.slot().attempt().toBytes());
        if (part.filling().isEmpty()) {
            return slot.setEmpty(true).build();
        }
        part.shadow().ifPresent(shadow -> slot.setShadow(shadow(shadow)));
        SlotContent content = part.filling().get().content();
        ReleaseView release = part.filling().get().release();
        return slot.setRetry(content.retry())
                .setRelease(blob(release.envelopeDigest(), release.envelopeSize()))
                .setVariantSha256(content.variant().toBytes())
                .addEncodings(identity(part.filling().get().artifact()))
                .addAllEncodings(part.filling().get().encodings().stream()
                        .map(DesiredContent::encoding)
                        .toList())
                .setProbation(Probation.newBuilder()
                        .setRunningSeconds(content.probation().runningSeconds())
                        .setMinInferences(content.probation().minInferences())
                        .setDeadlineSeconds(content.probation().deadlineSeconds()))
                .setReason(content.reason())
                .setWindowSeconds(content.windowSeconds())
                .build();
    }

    private static Shadow shadow(FilledShadow shadow) {
        ShadowContent content = shadow.content();
        return Shadow.newBuilder()
                .setAttemptId(content.attempt().toBytes())
                .setRelease(
                        blob(shadow.release().envelopeDigest(), shadow.release().envelopeSize()))
                .setVariantSha256(content.variant().toBytes())
                .addEncodings(identity(shadow.artifact()))
                .addAllEncodings(shadow.encodings().stream()
                        .map(DesiredContent::encoding)
                        .toList())
                .setShare(content.share())
                .setMaxInputs(content.maxInputs())
                .setMaxSeconds(content.maxSeconds())
                .build();
    }

    private static Encoding identity(ArtifactView artifact) {
        return Encoding.newBuilder()
                .setKind(EncodingKind.IDENTITY)
                .setBlob(blob(artifact.sha256(), artifact.size()))
                .setChunkList(blob(artifact.chunkList(), artifact.chunkListSize()))
                .setChunkSize(Limits.CHUNK_BYTES)
                .build();
    }

    private static Encoding encoding(ReadyEncoding ready) {
        Encoding.Builder encoding = Encoding.newBuilder()
                .setKind(ready.key().base().isPresent() ? EncodingKind.TD1 : EncodingKind.ZSTD)
                .setBlob(blob(ready.blob(), ready.bytes()))
                .setChunkList(blob(ready.chunkList(), ready.chunkListBytes()))
                .setChunkSize(Limits.CHUNK_BYTES);
        ready.key().base().ifPresent(base -> encoding.setBaseSha256(base.toBytes()));
        return encoding.build();
    }

    private static BlobRef blob(Digest digest, long size) {
        return BlobRef.newBuilder().setSha256(digest.toBytes()).setSize(size).build();
    }

    /** The same content under a device's own rules for downloads. */
    DesiredContent under(Optional<DownloadPolicy> policy) {
        return policy.map(given -> new DesiredContent(
                        unnumbered.toBuilder().setDownloadPolicy(given).build()))
                .orElse(this);
    }

    /** The same content with large blobs of these files on offer to all. */
    DesiredContent offering(Set<Digest> shared) {
        return withEncodings((slot, encoding) -> encoding.toBuilder()
                .setSharedOffered(encoding.getBlob().getSize() > Limits.MIN_SHARED_BYTES
                        && shared.contains(Digest.fromBytes(slot.getVariantSha256())))
                .build());
    }

    private DesiredContent withEncodings(BiFunction<DesiredSlot, Encoding, Encoding> change) {
        Desired.Builder desired = unnumbered.toBuilder().clearSlots();
        for (DesiredSlot slot : unnumbered.getSlotsList()) {
            desired.addSlots(slot.toBuilder()
                    .clearEncodings()
                    .addAllEncodings(slot.getEncodingsList().stream()
                            .map(encoding -> change.apply(slot, encoding))
                            .toList()));
        }
        return new DesiredContent(desired.build());
    }

    /** The blobs on offer to all. */
    List<BlobRef> sharedBlobs() {
        return unnumbered.getSlotsList().stream()
                .flatMap(slot -> slot.getEncodingsList().stream())
                .filter(Encoding::getSharedOffered)
                .map(Encoding::getBlob)
                .toList();
    }

    /**
     * Deltas, compressed forms and offers to all are hints and no content. One that becomes ready, or no longer fits
     * because the device or others have moved on, signs no document anew: the next offer has it.
     */
    Digest digest() {
        Desired.Builder asked = unnumbered.toBuilder().clearSlots();
        for (DesiredSlot slot : unnumbered.getSlotsList()) {
            DesiredSlot.Builder bare =
                    slot.toBuilder().clearEncodings().addAllEncodings(withoutHints(slot.getEncodingsList()));
            if (slot.hasShadow()) {
                bare.setShadow(slot.getShadow().toBuilder()
                        .clearEncodings()
                        .addAllEncodings(withoutHints(slot.getShadow().getEncodingsList())));
            }
            asked.addSlots(bare);
        }
        return Digest.of(asked.build().toByteArray());
    }

    private static List<Encoding> withoutHints(List<Encoding> encodings) {
        return encodings.stream()
                .filter(encoding -> encoding.getKind() == EncodingKind.IDENTITY)
                .map(encoding -> encoding.toBuilder().clearSharedOffered().build())
                .toList();
    }

    /** Whether the newest document no longer does. */
    boolean needsSigning(Optional<SignedDocument> newest, long reportedSeq, Instant now, Duration resignAfter) {
        return newest.isEmpty()
                || !newest.get().content().equals(digest())
                || reportedSeq > newest.get().seq()
                || newest.get().issuedAt().isBefore(now.minus(resignAfter));
    }

    /**
     * The number grows for a device whatever happened to either side's memory. The newest heads go with it; by themselves
     * they are no reason for a new document before the old one is due.
     */
    Desired numbered(long storedSeq, long reportedSeq, BlobRef heads, Instant now, Duration life) {
        return unnumbered.toBuilder()
                .setHeads(heads)
                .setSeq(Math.max(storedSeq, reportedSeq) + 1)
                .setIssuedAtMillis(now.toEpochMilli())
                .setExpiresAtMillis(now.plus(life).toEpochMilli())
                .build();
    }
}
