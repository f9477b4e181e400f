package io.tinyfleet.protocol.trust;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** An installation with one key for each role, and sound documents that a test then spoils. */
final class TrustFixture {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final Instant ROOT_END = NOW.plus(Duration.ofDays(365));
    static final DeviceId DEVICE = new DeviceId("dev-7");

    final SigningKey rootKey = SigningKey.generate();
    final SigningKey releaseKey = SigningKey.generate();
    final SigningKey directorKey = SigningKey.generate();
    final SigningKey headsKey = SigningKey.generate();
    final byte[] rootEnvelope = Roots.selfSigned(
            new Roots.RoleSigners(rootKey, releaseKey, directorKey, headsKey), NOW.minusSeconds(60), ROOT_END);
    final TrustedRoot root;

    TrustFixture() throws TrustException {
        root = TrustedRoot.pin(rootEnvelope);
    }

    /** A sound root of that version with this installation's keys; its roles can be changed before it is signed. */
    RootBuilder rootOf(long version) {
        return new RootBuilder(version, NOW, ROOT_END)
                .role(RoleName.ROOT, rootKey)
                .role(RoleName.RELEASE, releaseKey)
                .role(RoleName.DIRECTOR, directorKey)
                .role(RoleName.HEADS, headsKey);
    }

    Desired.Builder desired(long seq) {
        return Desired.newBuilder()
                .setDeviceId(DEVICE.value())
                .setSeq(seq)
                .setIssuedAtMillis(NOW.toEpochMilli())
                .setExpiresAtMillis(NOW.plus(Duration.ofDays(7)).toEpochMilli())
                .setRootSha256(root.digest().toBytes())
                .addSlots(slot());
    }

    static DesiredSlot.Builder slot() {
        return DesiredSlot.newBuilder()
                .setSlot("vad")
                .setAttemptId(
                        AttemptId.parse("018e0000-0001-7abc-8def-0123456789ab").toBytes())
                .setRelease(BlobRef.newBuilder().setSha256(sha("release")).setSize(700))
                .setVariantSha256(sha("model"))
                .addEncodings(Encoding.newBuilder()
                        .setKind(EncodingKind.IDENTITY)
                        .setBlob(BlobRef.newBuilder().setSha256(sha("model")).setSize(100_000))
                        .setChunkList(
                                BlobRef.newBuilder().setSha256(sha("chunks")).setSize(96))
                        .setChunkSize(49_152))
                .setReason(DesiredReason.OFFER);
    }

    byte[] signed(Desired.Builder desired) {
        return DesiredDocuments.sign(desired.build(), List.of(directorKey));
    }

    static Release.Builder release() {
        return Release.newBuilder()
                .setReleaseId(
                        ReleaseId.parse("018e0000-0002-7abc-8def-0123456789ab").toBytes())
                .setModel("silero-vad")
                .setVersion("5.0.0")
                .setSecurityVersion(1)
                .addVariants(Variant.newBuilder()
                        .setName("fp32")
                        .setTarget(Target.newBuilder()
                                .setSha256(sha("model"))
                                .setSize(100_000)
                                .setFormat(ModelFormat.ONNX)))
                .setLicence("MIT");
    }

    static ByteString sha(String name) {
        return Digest.of(name.getBytes(java.nio.charset.StandardCharsets.UTF_8)).toBytes();
    }
}
