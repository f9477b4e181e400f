package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.tinyfleet.protocol.v1.Agreement;
import io.tinyfleet.protocol.v1.AgreementMeasure;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.Shadow;
import io.tinyfleet.protocol.v1.ShadowCounts;
import io.tinyfleet.protocol.v1.Window;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is said of a second model beside a slot's own, with every field set. */
final class GoldenShadows {
    private static final ByteString SLOTS_ATTEMPT = ByteString.fromHex("018e000000017abc8def0123456789ab");
    private static final ByteString ATTEMPT = ByteString.fromHex("018e000000027abc8def0123456789ab");

    private GoldenShadows() {}

    static Map<String, MessageLite> all() {
        Map<String, MessageLite> byName = new LinkedHashMap<>();
        Shadow shadow = Shadow.newBuilder()
                .setAttemptId(ATTEMPT)
                .setRelease(ref("release", 700))
                .setVariantSha256(sha("shadow"))
                .addEncodings(Encoding.newBuilder()
                        .setKind(EncodingKind.IDENTITY)
                        .setBlob(ref("shadow", 40_000))
                        .setChunkSize(49_152))
                .setShare(0.25)
                .setMaxInputs(10_000)
                .setMaxSeconds(86_400)
                .build();
        byName.put("Shadow", shadow);
        byName.put(
                "DesiredSlot-shadow",
                DesiredSlot.newBuilder()
                        .setSlot("vad")
                        .setAttemptId(SLOTS_ATTEMPT)
                        .setShadow(shadow)
                        .build());
        byName.put(
                "ReportedSlot-shadow",
                ReportedSlot.newBuilder()
                        .setSlot("vad")
                        .setShadow(Attempt.newBuilder()
                                .setAttemptId(ATTEMPT)
                                .setArtifactSha256(sha("shadow"))
                                .setPhase(Phase.SHADOWED)
                                .setReason("bound-reached")
                                .setDetail("10000 inputs were compared")
                                .setShadowSeconds(3600)
                                .setShadowCompared(10_000))
                        .build());
        Agreement agreement = Agreement.newBuilder()
                .setMeasure(AgreementMeasure.NUMERIC_TOLERANCE)
                .setCompared(90)
                .setSum(88.5)
                .setAgreed(88)
                .setAgreeAt(1)
                .build();
        byName.put("Agreement", agreement);
        ShadowCounts counts = ShadowCounts.newBuilder()
                .setArtifactSha256(sha("shadow"))
                .setAttemptId(ATTEMPT)
                .setCompared(90)
                .setDropped(4)
                .setWarmUp(32)
                .setNotComparable(1)
                .putFailed("model-error", 2)
                .addAgreements(agreement)
                .setLatencySketch(ByteString.copyFromUtf8("sketch"))
                .setCpuSeconds(0.5)
                .setRssPeakBytes(90_000_000)
                .build();
        byName.put("ShadowCounts", counts);
        byName.put(
                "Window-shadow",
                Window.newBuilder()
                        .setSlot("vad")
                        .setArtifactSha256(sha("model"))
                        .setShadow(counts)
                        .build());
        return byName;
    }

    private static BlobRef ref(String name, long size) {
        return BlobRef.newBuilder().setSha256(sha(name)).setSize(size).build();
    }

    private static ByteString sha(String name) {
        return Digest.of(name.getBytes(StandardCharsets.UTF_8)).toBytes();
    }
}
