package io.tinyfleet.agent.reconcile;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which of the offered ways to the file this device can go, and which of them is the cheapest. Pure. */
final class Encodings {
    private Encodings() {}

    /**
     * Cheapest first; of equal ones the plain file.
     *
     * @param bases artifacts that the slot holds: a delta needs one of them
     * @param setAside encodings that are not to be used, by their blob
     */
    static List<Encoding> usable(Offer offer, Set<Digest> bases, Set<Digest> setAside) {
        return offer.wanted().getEncodingsList().stream()
                .filter(encoding -> isUnderstood(encoding, offer.wanted().getVariantSha256(), bases))
                .filter(encoding -> !setAside.contains(blobOf(encoding)))
                .sorted(Comparator.<Encoding>comparingLong(
                                encoding -> encoding.getBlob().getSize())
                        .thenComparingInt(Encoding::getKindValue))
                .toList();
    }

    static Optional<Encoding> findCheapest(Offer offer, Set<Digest> bases, Set<Digest> setAside) {
        return usable(offer, bases, setAside).stream().findFirst();
    }

    /** Flash that the way needs while it is gone: the blob, and beside it the file decoded from it. */
    static long flashBytes(Encoding encoding, long fileBytes) {
        return encoding.getKind() == EncodingKind.IDENTITY
                ? fileBytes
                : fileBytes + encoding.getBlob().getSize();
    }

    static Digest blobOf(Encoding encoding) {
        return Digest.fromBytes(encoding.getBlob().getSha256());
    }

    /** For people: {@code td1 of 4482881 bytes from 0a1b2c3d4e5f}. */
    static String named(Encoding encoding) {
        String name = encoding.getKind().name().toLowerCase(java.util.Locale.ROOT) + " of "
                + encoding.getBlob().getSize() + " bytes";
        return encoding.getKind() == EncodingKind.TD1
                ? name + " from " + Digest.fromBytes(encoding.getBaseSha256()).shortHex()
                : name;
    }

    private static boolean isUnderstood(Encoding encoding, ByteString file, Set<Digest> bases) {
        return switch (encoding.getKind()) {
            case IDENTITY -> encoding.getBlob().getSha256().equals(file);
            case ZSTD -> true;
            case TD1 ->
                encoding.getBaseSha256().size() == Digest.BYTES
                        && bases.contains(Digest.fromBytes(encoding.getBaseSha256()));
            case ENCODING_KIND_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }
}
