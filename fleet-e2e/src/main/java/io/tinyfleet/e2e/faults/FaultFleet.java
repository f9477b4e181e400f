package io.tinyfleet.e2e.faults;

import com.google.protobuf.ByteString;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.trust.DesiredDocuments;
import io.tinyfleet.protocol.trust.HeadsDocuments;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.Roots;
import io.tinyfleet.protocol.trust.SigningKey;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.Probation;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.ReleaseHead;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Variant;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Signs and keeps what a server would, in memory. */
final class FaultFleet {
    static final String SLOT = "vad";
    static final String MODEL = "vad";

    /** Frames of the models' pipeline. */
    static final int FRAME_SAMPLES = 512;

    private static final int SAMPLE_RATE_HZ = 16_000;

    private static final int MIN_INFERENCES = 3;

    /** Releases that heads list; older ones are not offered any more. */
    private static final int ALIVE = 24;

    private static final Instant ISSUED = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration LIFE = Duration.ofDays(3650);

    private final Roots.RoleSigners keys = new Roots.RoleSigners(
            SigningKey.generate(), SigningKey.generate(), SigningKey.generate(), SigningKey.generate());
    private final byte[] root = Roots.selfSigned(keys, ISSUED, ISSUED.plus(LIFE));
    private final Map<Digest, byte[]> blobs = new HashMap<>();
    private final Deque<ReleaseHead> alive = new ArrayDeque<>();
    private long headsVersion;
    private BlobRef latestHeads = BlobRef.getDefaultInstance();
    private long releases;
    private long attempts;

    /** A model and one offer of it. */
    record Offered(DesiredSlot slot, long seq, byte[] document) {
        Digest artifact() {
            return Digest.fromBytes(slot.getVariantSha256());
        }

        AttemptId attempt() {
            return AttemptId.fromBytes(slot.getAttemptId());
        }
    }

    byte[] root() {
        return root.clone();
    }

    private Digest rootDigest() {
        try {
            return TrustedRoot.pin(root).digest();
        } catch (TrustException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Publishes a model under a version of its own and makes the device's next document for it. */
    synchronized Offered offer(DeviceId device, long seq, byte[] model, Duration probation) {
        releases++;
        Digest artifact = store(model);
        ChunkList chunks = chunks(model);
        Release release = Release.newBuilder()
                .setReleaseId(new ReleaseId(new UUID(7, releases)).toBytes())
                .setModel(MODEL)
                .setVersion(releases + ".0.0")
                .addVariants(variant(model, artifact))
                .build();
        byte[] envelope = Releases.sign(release, List.of(keys.release()));
        alive.addLast(ReleaseHead.newBuilder()
                .setSha256(store(envelope).toBytes())
                .setVersion(release.getVersion())
                .build());
        while (alive.size() > ALIVE) {
            alive.removeFirst();
        }
        store(chunks.toByteArray());
        latestHeads = heads();
        DesiredSlot slot = DesiredSlot.newBuilder()
                .setSlot(SLOT)
                .setAttemptId(nextAttempt().toBytes())
                .setRelease(ref(envelope))
                .setVariantSha256(artifact.toBytes())
                .addEncodings(Encoding.newBuilder()
                        .setKind(EncodingKind.IDENTITY)
                        .setBlob(ref(model))
                        .setChunkList(ref(chunks.toByteArray()))
                        .setChunkSize(Limits.CHUNK_BYTES))
                .setProbation(Probation.newBuilder()
                        .setRunningSeconds((int) probation.toSeconds())
                        .setMinInferences(probation.isZero() ? 0 : MIN_INFERENCES))
                .setReason(DesiredReason.OFFER)
                .build();
        return document(device, seq, slot);
    }

    /** Orders the device back to what it holds as its way back. */
    synchronized Offered back(DeviceId device, long seq, DesiredSlot held) {
        DesiredSlot slot = held.toBuilder()
                .setAttemptId(nextAttempt().toBytes())
                .setReason(DesiredReason.ROLLBACK)
                .build();
        return document(device, seq, slot);
    }

    private AttemptId nextAttempt() {
        attempts++;
        return new AttemptId(new UUID(1, attempts));
    }

    private Offered document(DeviceId device, long seq, DesiredSlot slot) {
        Desired desired = Desired.newBuilder()
                .setDeviceId(device.value())
                .setSeq(seq)
                .setIssuedAtMillis(ISSUED.plusSeconds(seq).toEpochMilli())
                .setExpiresAtMillis(ISSUED.plus(LIFE).toEpochMilli())
                .setHeads(latestHeads)
                .setRootSha256(rootDigest().toBytes())
                .addSlots(slot)
                .build();
        return new Offered(slot, seq, DesiredDocuments.sign(desired, List.of(keys.director())));
    }

    private static Variant variant(byte[] model, Digest artifact) {
        return Variant.newBuilder()
                .setName("cpu")
                .setTarget(Target.newBuilder()
                        .setSha256(artifact.toBytes())
                        .setSize(model.length)
                        .setFormat(ModelFormat.ONNX))
                .setCompatibility(Compatibility.newBuilder().setRuntime("onnxruntime"))
                .setPipeline(Pipeline.newBuilder()
                        .setAudioFrames(AudioFrames.newBuilder()
                                .setSampleRateHz(SAMPLE_RATE_HZ)
                                .setFrameSamples(FRAME_SAMPLES)
                                .setInput("x")
                                .setScoreOutput("y")
                                .setScoreThreshold(0.5)))
                .build();
    }

    private BlobRef heads() {
        headsVersion++;
        Heads list = Heads.newBuilder()
                .setVersion(headsVersion)
                .setIssuedAtMillis(ISSUED.toEpochMilli())
                .setExpiresAtMillis(ISSUED.plus(LIFE).toEpochMilli())
                .setRootVersion(1)
                .setRootSha256(rootDigest().toBytes())
                .addModels(ModelHeads.newBuilder().setModel(MODEL).addAllReleases(alive))
                .build();
        try {
            byte[] envelope = HeadsDocuments.sign(list, List.of(keys.heads()));
            store(envelope);
            return ref(envelope);
        } catch (HeadsDocuments.TooManyReleasesException e) {
            throw new IllegalStateException(e);
        }
    }

    private Digest store(byte[] blob) {
        Digest digest = Digest.of(blob);
        blobs.put(digest, blob);
        return digest;
    }

    private static ChunkList chunks(byte[] model) {
        try {
            return ChunkList.of(new ByteArrayInputStream(model), Limits.CHUNK_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static BlobRef ref(byte[] blob) {
        return BlobRef.newBuilder()
                .setSha256(Digest.of(blob).toBytes())
                .setSize(blob.length)
                .build();
    }

    /** A chunk as a server sends it; empty for a blob that nobody has published. */
    synchronized Optional<Chunk> findChunk(Digest blob, int index) {
        byte[] content = blobs.get(blob);
        int from = index * Limits.CHUNK_BYTES;
        if (content == null || from >= content.length) {
            return Optional.empty();
        }
        int length = Math.min(Limits.CHUNK_BYTES, content.length - from);
        return Optional.of(Chunk.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setIndex(index)
                .setBlobSize(content.length)
                .setData(ByteString.copyFrom(content, from, length))
                .build());
    }

    /** It will not be asked for again. */
    synchronized void forget(Digest blob) {
        blobs.remove(blob);
    }
}
