package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.Quoted;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.TrustException.Reason;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.ReleaseHead;
import io.tinyfleet.protocol.v1.Shadow;
import io.tinyfleet.protocol.v1.Variant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The shape of the fields inside signed documents: even a rightful signer can err. */
final class DocumentFields {
    private DocumentFields() {}

    static void check(Desired desired) throws TrustException {
        require(desired.getSeq() >= 1, "seq must be 1 or more, got " + Long.toUnsignedString(desired.getSeq()));
        require(
                desired.getExpiresAtMillis() > desired.getIssuedAtMillis(),
                "a desired document must end after it is issued");
        require(
                desired.getSlotsCount() <= Limits.MAX_SLOTS,
                "a device has at most " + Limits.MAX_SLOTS + " slots, got " + desired.getSlotsCount());
        check(desired.getDownloadPolicy());
        if (desired.hasHeads()) {
            check(desired.getHeads(), Limits.MAX_METADATA_BYTES, "heads");
        }
        require(
                desired.getFloorsCount() <= Limits.MAX_SLOTS,
                "a desired document names at most " + Limits.MAX_SLOTS + " floors, got " + desired.getFloorsCount());
        for (BlobRef floors : desired.getFloorsList()) {
            check(floors, Limits.MAX_METADATA_BYTES, "floors");
        }
        Set<String> names = new HashSet<>();
        for (DesiredSlot slot : desired.getSlotsList()) {
            checked(() -> new SlotName(slot.getSlot()));
            require(names.add(slot.getSlot()), "slot " + slot.getSlot() + " is named twice");
            if (!slot.getEmpty()) {
                check(slot);
            }
        }
    }

    private static void check(DownloadPolicy policy) throws TrustException {
        require(
                policy.getMaxBytesPerSecond() >= 0 && policy.getMeteredMaxBytes() >= 0,
                "the numbers of a download policy must be less than 2^63");
    }

    private static void check(DesiredSlot slot) throws TrustException {
        String place = "slot " + slot.getSlot();
        checked(() -> AttemptId.fromBytes(slot.getAttemptId()));
        check(slot.getRelease(), Limits.MAX_METADATA_BYTES, place + ", release");
        digest(slot.getVariantSha256(), place + ", variant");
        check(slot.getEncodingsList(), place);
        if (slot.hasShadow()) {
            check(slot.getShadow(), place + ", shadow");
            require(
                    !slot.getShadow().getAttemptId().equals(slot.getAttemptId()),
                    place + ", shadow: its attempt must be another one than the slot's");
        }
    }

    private static void check(Shadow shadow, String place) throws TrustException {
        checked(() -> AttemptId.fromBytes(shadow.getAttemptId()));
        check(shadow.getRelease(), Limits.MAX_METADATA_BYTES, place + ", release");
        digest(shadow.getVariantSha256(), place + ", variant");
        check(shadow.getEncodingsList(), place);
        require(
                shadow.getShare() > 0 && shadow.getShare() <= 1,
                place + ": the share must be over 0 and at most 1, got " + shadow.getShare());
        require(
                shadow.getMaxInputs() >= 0 && shadow.getMaxSeconds() >= 0,
                place + ": its bounds must be less than 2^63 inputs and 2^31 seconds");
    }

    private static void check(List<Encoding> encodings, String place) throws TrustException {
        require(
                !encodings.isEmpty() && encodings.size() <= Limits.MAX_ENCODINGS,
                place + " must have 1.." + Limits.MAX_ENCODINGS + " encodings, got " + encodings.size());
        for (Encoding encoding : encodings) {
            check(encoding, place);
        }
    }

    private static void check(Encoding encoding, String place) throws TrustException {
        int chunkBytes = encoding.getChunkSize();
        require(
                chunkBytes >= 1 && chunkBytes <= Limits.CHUNK_BYTES,
                place + ": chunk size must be 1.." + Limits.CHUNK_BYTES + " bytes, got "
                        + Integer.toUnsignedString(chunkBytes));
        check(encoding.getBlob(), Limits.MAX_BLOB_BYTES, place + ", encoding");
        long size = encoding.getBlob().getSize();
        if (size <= chunkBytes && !encoding.hasChunkList()) {
            return;
        }
        BlobRef chunkList = encoding.getChunkList();
        check(chunkList, Limits.MAX_CHUNK_LIST_BYTES, place + ", chunk list");
        long chunks = (size + chunkBytes - 1) / chunkBytes;
        require(
                chunkList.getSize() == chunks * Digest.BYTES,
                place + ": the chunk list of " + size + " bytes in chunks of " + chunkBytes + " must have "
                        + chunks * Digest.BYTES + " bytes, got " + chunkList.getSize());
    }

    static void check(Release release) throws TrustException {
        checked(() -> ReleaseId.fromBytes(release.getReleaseId()));
        name(release.getModel(), "model");
        name(release.getVersion(), "version");
        require(
                release.getSecurityVersion() >= 0,
                "a security version must be 0.." + Long.MAX_VALUE + ", got "
                        + Long.toUnsignedString(release.getSecurityVersion()));
        require(
                release.getVariantsCount() >= 1 && release.getVariantsCount() <= Limits.MAX_VARIANTS,
                "a release has 1.." + Limits.MAX_VARIANTS + " variants, got " + release.getVariantsCount());
        Set<ByteString> targets = new HashSet<>();
        for (Variant variant : release.getVariantsList()) {
            name(variant.getName(), "variant");
            String place = "variant " + variant.getName();
            digest(variant.getTarget().getSha256(), place);
            size(variant.getTarget().getSize(), Limits.MAX_BLOB_BYTES, place);
            require(targets.add(variant.getTarget().getSha256()), place + " has the file of another variant");
            if (variant.hasSelfTest()) {
                digest(variant.getSelfTest().getVectorsSha256(), place + ", self-test vectors");
                size(variant.getSelfTest().getVectorsSize(), Limits.MAX_SELF_TEST_BYTES, place + ", self-test vectors");
                tolerance(variant.getSelfTest().getAbsoluteTolerance(), place);
                tolerance(variant.getSelfTest().getRelativeTolerance(), place);
            }
        }
    }

    static void check(Heads heads) throws TrustException {
        version(heads.getVersion(), "heads");
        times(heads.getIssuedAtMillis(), heads.getExpiresAtMillis(), "heads");
        version(heads.getRootVersion(), "the root of heads");
        digest(heads.getRootSha256(), "heads, root");
        require(
                heads.getModelsCount() <= Limits.MAX_HEADS_MODELS,
                "heads name at most " + Limits.MAX_HEADS_MODELS + " models, got " + heads.getModelsCount());
        Set<String> models = new HashSet<>();
        Set<ByteString> releases = new HashSet<>();
        for (ModelHeads model : heads.getModelsList()) {
            name(model.getModel(), "model");
            require(models.add(model.getModel()), "model " + model.getModel() + " is named twice in heads");
            for (ReleaseHead release : model.getReleasesList()) {
                name(release.getVersion(), "version");
                String place = "heads, " + model.getModel() + " " + release.getVersion();
                digest(release.getSha256(), place);
                require(releases.add(release.getSha256()), place + " is listed twice");
            }
            if (model.getFloorsVersion() != 0 || !model.getFloorsSha256().isEmpty()) {
                version(model.getFloorsVersion(), "floors of " + model.getModel());
                digest(model.getFloorsSha256(), "heads, floors of " + model.getModel());
            }
        }
    }

    static void check(Floors floors) throws TrustException {
        name(floors.getModel(), "model");
        version(floors.getVersion(), "floors of " + floors.getModel());
        times(floors.getIssuedAtMillis(), floors.getExpiresAtMillis(), "floors of " + floors.getModel());
        require(
                floors.getMinSecurityVersion() >= 0,
                "a floor must be 0.." + Long.MAX_VALUE + ", got "
                        + Long.toUnsignedString(floors.getMinSecurityVersion()));
    }

    private static void version(long version, String what) throws TrustException {
        require(
                version >= 1 && version < Long.MAX_VALUE,
                what + ": a version must be 1 or more, got " + Long.toUnsignedString(version));
    }

    private static void times(long issuedAt, long expiresAt, String what) throws TrustException {
        require(issuedAt >= 0 && expiresAt > issuedAt, what + " must end after they are issued");
    }

    private static void check(BlobRef blob, long maxBytes, String place) throws TrustException {
        digest(blob.getSha256(), place);
        size(blob.getSize(), maxBytes, place);
    }

    private static void digest(ByteString sha256, String place) throws TrustException {
        require(sha256.size() == Digest.BYTES, place + ": a SHA-256 must be 32 bytes, got " + sha256.size());
    }

    private static void size(long bytes, long maxBytes, String place) throws TrustException {
        require(
                bytes >= 1 && bytes <= maxBytes,
                place + ": size must be 1.." + maxBytes + " bytes, got " + Long.toUnsignedString(bytes));
    }

    private static void tolerance(double tolerance, String place) throws TrustException {
        require(
                Double.isFinite(tolerance) && tolerance >= 0,
                place + ": a self-test's tolerance must be finite and not negative, got " + tolerance);
    }

    /** Names are shown to people and must not smuggle in separators or control characters. */
    static void name(String text, String what) throws TrustException {
        boolean plain = !text.isBlank()
                && text.length() <= Limits.MAX_NAME_CHARACTERS
                && text.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
        require(
                plain,
                what + " must be 1.." + Limits.MAX_NAME_CHARACTERS
                        + " characters without slashes and control characters, got \"" + Quoted.shortened(text) + "\"");
    }

    private static void checked(Runnable parsing) throws TrustException {
        try {
            parsing.run();
        } catch (IllegalArgumentException e) {
            throw new TrustException(Reason.MALFORMED, e.getMessage() == null ? "malformed" : e.getMessage());
        }
    }

    private static void require(boolean holds, String rule) throws TrustException {
        if (!holds) {
            throw new TrustException(Reason.MALFORMED, rule);
        }
    }
}
