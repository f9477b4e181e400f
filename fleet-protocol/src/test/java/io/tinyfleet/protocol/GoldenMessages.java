package io.tinyfleet.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.tinyfleet.protocol.v1.Ack;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.AudioFrames;
import io.tinyfleet.protocol.v1.BlobLink;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.Budgets;
import io.tinyfleet.protocol.v1.Chunk;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Command;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.Delegation;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.DesiredReason;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.DeviceTrouble;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.protocol.v1.DsseEnvelope;
import io.tinyfleet.protocol.v1.DsseSignature;
import io.tinyfleet.protocol.v1.ElementType;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Energy;
import io.tinyfleet.protocol.v1.EnergyLabel;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Feedback;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;
import io.tinyfleet.protocol.v1.Identify;
import io.tinyfleet.protocol.v1.InputState;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.KeyAlgorithm;
import io.tinyfleet.protocol.v1.Mark;
import io.tinyfleet.protocol.v1.ModelFormat;
import io.tinyfleet.protocol.v1.ModelHeads;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Pipeline;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Probation;
import io.tinyfleet.protocol.v1.PublicKey;
import io.tinyfleet.protocol.v1.Quantization;
import io.tinyfleet.protocol.v1.Refresh;
import io.tinyfleet.protocol.v1.Release;
import io.tinyfleet.protocol.v1.ReleaseHead;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedInput;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.Restart;
import io.tinyfleet.protocol.v1.Role;
import io.tinyfleet.protocol.v1.Root;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.ScalarInput;
import io.tinyfleet.protocol.v1.ScoreCounts;
import io.tinyfleet.protocol.v1.SelfTest;
import io.tinyfleet.protocol.v1.SelfTestVector;
import io.tinyfleet.protocol.v1.SelfTestVectors;
import io.tinyfleet.protocol.v1.Severity;
import io.tinyfleet.protocol.v1.Skipped;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.protocol.v1.Target;
import io.tinyfleet.protocol.v1.Tensor;
import io.tinyfleet.protocol.v1.TensorSpec;
import io.tinyfleet.protocol.v1.Variant;
import io.tinyfleet.protocol.v1.Window;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One filled message of every kind, with values that a stranger can recognise in a hex dump. */
final class GoldenMessages {
    private static final long WALL_TIME = 1_772_366_400_000L; // 2026-03-01T12:00:00Z
    private static final ByteString ID = ByteString.fromHex("018e000000017abc8def0123456789ab");

    private final Map<String, MessageLite> byName = new LinkedHashMap<>();

    static Map<String, MessageLite> all() {
        GoldenMessages golden = new GoldenMessages();
        golden.addStateMessages();
        golden.addTelemetryMessages();
        golden.addDownwardMessages();
        golden.addSignedMessages();
        golden.addReleaseMessages();
        golden.byName.putAll(GoldenPipelines.all());
        golden.byName.putAll(GoldenShadows.all());
        return golden.byName;
    }

    private <T extends MessageLite> T add(T message) {
        byName.put(message.getClass().getSimpleName(), message);
        return message;
    }

    /** Another form of a message that has several. */
    private void add(String form, MessageLite message) {
        byName.put(message.getClass().getSimpleName() + "-" + form, message);
    }

    private void addStateMessages() {
        Runtime runtime = add(
                Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2").build());
        DeviceFacts facts = add(DeviceFacts.newBuilder()
                .setAgentVersion("0.1.0")
                .setHardwareClass("pi4-cpu-glibc")
                .setArch("aarch64")
                .setLibc("glibc 2.36")
                .setOs("Linux")
                .setRamBytes(2_000_000_000L)
                .setFlashFreeBytes(9_000_000_000L)
                .addRuntimes(runtime)
                .setBoard("Raspberry Pi 4 Model B")
                .addAccelerators("cuda")
                .build());
        Presence presence = add(Presence.newBuilder()
                .setKind(PresenceKind.HELLO)
                .setBootCounter(12)
                .setConnection(3)
                .setDesiredSeq(5)
                .setLowestProtocol(1)
                .setHighestProtocol(1)
                .setFacts(facts)
                .setClockSynchronised(true)
                .setWallTimeMillis(WALL_TIME)
                .build());
        add("root", presence.toBuilder().setRootVersion(2).build());
        add(StateMessage.newBuilder().setPresence(presence).build());
        InstalledArtifact artifact = add(InstalledArtifact.newBuilder()
                .setSha256(sha("model"))
                .setReleaseId(ID)
                .setModel("silero-vad")
                .setVersion("5.0.0")
                .build());
        Attempt attempt = add(Attempt.newBuilder()
                .setAttemptId(ID)
                .setArtifactSha256(sha("model"))
                .setPhase(Phase.PROBATION)
                .setReason("self-test-failed")
                .setDetail("output 0 is off by 0.2")
                .setBytesDone(49_152)
                .setBytesTotal(2_327_524)
                .setProbationSeconds(60)
                .setProbationInferences(1875)
                .setChunksWritten(48)
                .setChunksRepeated(1)
                .setChunksRefused(2)
                .build());
        ReportedSlot slot = add(ReportedSlot.newBuilder()
                .setSlot("vad")
                .setActive(artifact)
                .setPrevious(artifact)
                .setAttempt(attempt)
                .build());
        add("factory", artifact.toBuilder().setFactory(true).build());
        ReportedInput input = add(ReportedInput.newBuilder()
                .setState(InputState.INPUT_STALLED)
                .setReason("nothing came for 10 s")
                .setForMillis(60_000)
                .build());
        add("input", slot.toBuilder().setInput(input).build());
        DeviceTrouble trouble = add(DeviceTrouble.newBuilder()
                .setCode("disk-full")
                .setSentence("the disk is full")
                .build());
        add("trouble", Reported.newBuilder().setTrouble(trouble).build());
        Reported reported = add(Reported.newBuilder()
                .setDesiredSeq(5)
                .addSlots(slot)
                .setWallTimeMillis(WALL_TIME)
                .setClockSynchronised(true)
                .build());
        add(
                "reported",
                StateMessage.newBuilder()
                        .setReported(Envelope.newBuilder()
                                .setStream(Stream.STATE)
                                .setBootCounter(12)
                                .setSeq(1)
                                .setBody(reported.toByteString()))
                        .build());
    }

    private void addTelemetryMessages() {
        Skipped skipped = add(Skipped.newBuilder()
                .setFirst(7)
                .setLast(9)
                .setReason("outbox full")
                .build());
        add(
                "skipped",
                Envelope.newBuilder()
                        .setStream(Stream.TELEMETRY)
                        .setBootCounter(12)
                        .setSeq(9)
                        .setSkipped(skipped)
                        .build());
        add(DeviceEvent.newBuilder()
                .setCode("desired-refused")
                .setSeverity(Severity.SECURITY)
                .setSlot("vad")
                .setAttemptId(ID)
                .setArtifactSha256(sha("model"))
                .setDetail("DIRECTOR needs 1 of its 1 keys to sign, 0 did")
                .setWallTimeMillis(WALL_TIME)
                .setClockSynchronised(true)
                .build());
        Energy energy = add(Energy.newBuilder()
                .setLabel(EnergyLabel.ESTIMATED)
                .setJoulesGross(2.5)
                .setJoulesNet(1.25)
                .setIdleWatts(0.5)
                .setSamples(20)
                .setCi95Joules(0.125)
                .setMethod("cpu-seconds x 2.5 W, table generic-x86_64 v1")
                .setScope("process")
                .build());
        ScoreCounts scores = add(ScoreCounts.newBuilder()
                .setThreshold(0.5)
                .setOver(210)
                .setTotal(312)
                .addAllHistogram(List.of(60L, 42L, 30L, 180L))
                .build());
        Window window = add(Window.newBuilder()
                .setSlot("vad")
                .setArtifactSha256(sha("model"))
                .setAttemptId(ID)
                .setMonotonicStartMillis(30_000)
                .setDurationMillis(10_000)
                .setWallStartMillis(WALL_TIME)
                .setClockSynchronised(true)
                .setOk(312)
                .putFailed("deadline-exceeded", 1)
                .setLatencySketch(ByteString.fromHex("0a"))
                .setQueueWaitSketch(ByteString.fromHex("0b"))
                .setEnergy(energy)
                .setCpuSeconds(0.75)
                .setRssPeakBytes(94_371_840)
                .setPhase(Phase.HEALTHY)
                .setSource("speech")
                .setScores(scores)
                .setTemperatureCelsius(48.5)
                .setThrottled(true)
                .build());
        add(
                "applications",
                window.toBuilder().setAskedByApplications(12).setInputDropped(3).build());
        add(Envelope.newBuilder()
                .setStream(Stream.TELEMETRY)
                .setBootCounter(12)
                .setSeq(7)
                .setBody(window.toByteString())
                .build());
        ChunkRange range = add(ChunkRange.newBuilder().setFirst(3).setCount(45).build());
        add(Need.newBuilder()
                .setBlobSha256(sha("model"))
                .addRanges(range)
                .setWindow(8)
                .setAttemptId(ID)
                .build());
        Need.Builder need = Need.newBuilder()
                .setBlobSha256(sha("model"))
                .addRanges(range)
                .setWindow(8)
                .setAttemptId(ID);
        add("shared", need.clone().setShared(true).build());
        add("want-link", need.clone().setWantLink(true).build());
    }

    private void addDownwardMessages() {
        add(Chunk.newBuilder()
                .setBlobSha256(sha("model"))
                .setIndex(3)
                .setData(ByteString.copyFromUtf8("forty-eight KiB of weights"))
                .setBlobSize(2_327_524)
                .build());
        add(
                "refusal",
                Chunk.newBuilder()
                        .setBlobSha256(sha("model"))
                        .setRefusal("unknown-blob")
                        .build());
        BlobLink link = add(BlobLink.newBuilder()
                .setUrl("https://fleet.example/blobs/0123")
                .setToken("tfb_dev-7.1772366400000.mac")
                .setExpiresAtMillis(WALL_TIME + 900_000L)
                .build());
        add("link", Chunk.newBuilder().setBlobSha256(sha("model")).setLink(link).build());
        Mark mark = add(Mark.newBuilder()
                .setStream(Stream.TELEMETRY)
                .setBootCounter(12)
                .setUpTo(7)
                .build());
        add(Ack.newBuilder().addMarks(mark).setContinueAboveBoot(11).build());
        add(Refresh.getDefaultInstance());
        Restart restart = add(Restart.newBuilder().setWorkerOnly(true).build());
        add("restart", Command.newBuilder().setCommandId(ID).setRestart(restart).build());
        add(
                "refresh",
                Command.newBuilder()
                        .setCommandId(ID)
                        .setRefresh(Refresh.getDefaultInstance())
                        .build());
        Identify identify = add(Identify.newBuilder().setSeconds(30).build());
        add(Command.newBuilder().setCommandId(ID).setIdentify(identify).build());
    }

    private void addSignedMessages() {
        DsseSignature signature = add(DsseSignature.newBuilder()
                .setKeyId(ID)
                .setSignature(ByteString.copyFrom(new byte[64]))
                .build());
        add(DsseEnvelope.newBuilder()
                .setPayloadType("application/vnd.tinyfleet.desired.v1+protobuf")
                .setPayload(ByteString.copyFromUtf8("payload"))
                .addSignatures(signature)
                .build());
        PublicKey key = add(PublicKey.newBuilder()
                .setAlgorithm(KeyAlgorithm.ED25519)
                .setSpki(ByteString.fromHex("302a300506032b6570032100"
                        + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
                .build());
        Role role = add(Role.newBuilder().addKeys(key).setThreshold(1).build());
        addDelegationsHeadsAndFloors(role);
        add(Root.newBuilder()
                .setVersion(1)
                .setIssuedAtMillis(WALL_TIME)
                .setExpiresAtMillis(WALL_TIME + 31_536_000_000L)
                .setRoot(role)
                .setRelease(role)
                .setDirector(role)
                .setHeads(role)
                .build());
        BlobRef blob = add(
                BlobRef.newBuilder().setSha256(sha("model")).setSize(100_000).build());
        BlobRef chunkList =
                BlobRef.newBuilder().setSha256(sha("chunks")).setSize(96).build();
        Encoding encoding = add(Encoding.newBuilder()
                .setKind(EncodingKind.IDENTITY)
                .setBlob(blob)
                .setChunkList(chunkList)
                .setChunkSize(49_152)
                .setBaseSha256(sha("base"))
                .setSharedOffered(true)
                .build());
        Probation probation = add(Probation.newBuilder()
                .setRunningSeconds(60)
                .setMinInferences(100)
                .setDeadlineSeconds(3600)
                .build());
        DesiredSlot slot = add(DesiredSlot.newBuilder()
                .setSlot("vad")
                .setAttemptId(ID)
                .setRetry(true)
                .setRelease(blob)
                .setVariantSha256(sha("model"))
                .addEncodings(encoding)
                .setProbation(probation)
                .setReason(DesiredReason.OFFER)
                .setWindowSeconds(10)
                .build());
        add(
                "empty",
                DesiredSlot.newBuilder()
                        .setSlot("vad")
                        .setAttemptId(ID)
                        .setEmpty(true)
                        .build());
        add(Desired.newBuilder()
                .setDeviceId("dev-7")
                .setSeq(5)
                .setIssuedAtMillis(WALL_TIME)
                .setExpiresAtMillis(WALL_TIME + 604_800_000L)
                .addSlots(slot)
                .setRootSha256(sha("root"))
                .setHeadsSha256(sha("heads"))
                .addFloorsSha256(sha("floors"))
                .build());
        DownloadPolicy policy = add(DownloadPolicy.newBuilder()
                .setMaxBytesPerSecond(65_536)
                .setMetered(true)
                .setMeteredMaxBytes(1_000_000)
                .setPreferHttps(true)
                .build());
        add(
                "download-policy",
                Desired.newBuilder()
                        .setDeviceId("dev-7")
                        .setSeq(6)
                        .setIssuedAtMillis(WALL_TIME)
                        .setExpiresAtMillis(WALL_TIME + 604_800_000L)
                        .setRootSha256(sha("root"))
                        .setDownloadPolicy(policy)
                        .build());
        add(
                "heads",
                Desired.newBuilder()
                        .setDeviceId("dev-7")
                        .setSeq(6)
                        .setIssuedAtMillis(WALL_TIME)
                        .setExpiresAtMillis(WALL_TIME + 604_800_000L)
                        .addSlots(slot)
                        .setRootSha256(sha("root"))
                        .setHeads(blob)
                        .addFloors(blob)
                        .build());
    }

    private void addDelegationsHeadsAndFloors(Role role) {
        // The generator of P-256 (FIPS 186-4, D.1.2.3) is as good a point as any.
        PublicKey p256 = PublicKey.newBuilder()
                .setAlgorithm(KeyAlgorithm.ECDSA_P256)
                .setSpki(ByteString.fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                        + "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                        + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
                .build();
        add("p256", p256);
        Delegation delegation = add(Delegation.newBuilder()
                .setModel("silero-vad")
                .setRelease(Role.newBuilder().addKeys(p256).setThreshold(1))
                .build());
        add(
                "delegations",
                Root.newBuilder()
                        .setVersion(2)
                        .setIssuedAtMillis(WALL_TIME)
                        .setExpiresAtMillis(WALL_TIME + 31_536_000_000L)
                        .setRoot(role)
                        .setRelease(role)
                        .setDirector(role)
                        .setHeads(role)
                        .addDelegations(delegation)
                        .build());
        ReleaseHead release = add(ReleaseHead.newBuilder()
                .setSha256(sha("release"))
                .setVersion("5.0.0")
                .build());
        ModelHeads model = add(ModelHeads.newBuilder()
                .setModel("silero-vad")
                .addReleases(release)
                .setFloorsVersion(3)
                .setFloorsSha256(sha("floors"))
                .build());
        add(Heads.newBuilder()
                .setVersion(17)
                .setIssuedAtMillis(WALL_TIME)
                .setExpiresAtMillis(WALL_TIME + 604_800_000L)
                .setRootVersion(2)
                .setRootSha256(sha("root"))
                .addModels(model)
                .build());
        add(Floors.newBuilder()
                .setModel("silero-vad")
                .setVersion(3)
                .setIssuedAtMillis(WALL_TIME)
                .setExpiresAtMillis(WALL_TIME + 31_536_000_000L)
                .setMinSecurityVersion(2)
                .build());
    }

    private void addReleaseMessages() {
        Target target = add(Target.newBuilder()
                .setSha256(sha("model"))
                .setSize(2_327_524)
                .setFormat(ModelFormat.ONNX)
                .build());
        TensorSpec spec = add(TensorSpec.newBuilder()
                .setName("input")
                .setType(ElementType.FLOAT32)
                .addAllShape(List.of(-1L, 576L))
                .build());
        Compatibility compatibility = add(Compatibility.newBuilder()
                .setRuntime("onnxruntime")
                .setMinRuntime("1.17")
                .addAbi("linux-aarch64-glibc")
                .addAccelerators("cuda")
                .setRamPeakBytes(41_000_000)
                .setFlashBytes(2_500_000)
                .setOpset(16)
                .addInputs(spec)
                .addOutputs(spec)
                .build());
        Quantization quantization = add(Quantization.newBuilder()
                .setScheme("static")
                .setBits(8)
                .setCalibrationSha256(sha("calibration"))
                .build());
        SelfTest selfTest = add(SelfTest.newBuilder()
                .setVectorsSha256(sha("vectors"))
                .setVectorsSize(20_000)
                .setAbsoluteTolerance(1e-3)
                .setRelativeTolerance(1e-2)
                .build());
        Budgets budgets = add(Budgets.newBuilder()
                .setP95Millis(5)
                .setEnergyMillijoules(1.5)
                .setRamBytes(100_000_000)
                .build());
        Feedback feedback = add(Feedback.newBuilder()
                .setInput("state")
                .setOutput("stateN")
                .addAllShape(List.of(2L, 1L, 128L))
                .build());
        ScalarInput scalar = add(
                ScalarInput.newBuilder().setInput("sr").setInt64Value(16_000).build());
        AudioFrames frames = add(AudioFrames.newBuilder()
                .setSampleRateHz(16_000)
                .setFrameSamples(512)
                .setContextSamples(64)
                .setInput("input")
                .addFeedback(feedback)
                .addConstants(scalar)
                .setScoreOutput("output")
                .setScoreThreshold(0.5)
                .build());
        Pipeline pipeline = add(Pipeline.newBuilder().setAudioFrames(frames).build());
        Variant variant = add(Variant.newBuilder()
                .setName("fp32")
                .setTarget(target)
                .setCompatibility(compatibility)
                .setQuantization(quantization)
                .setSelfTest(selfTest)
                .setBudgets(budgets)
                .setPipeline(pipeline)
                .build());
        add(Release.newBuilder()
                .setReleaseId(ID)
                .setModel("silero-vad")
                .setVersion("5.0.0")
                .setSecurityVersion(1)
                .addVariants(variant)
                .setCreatedAtMillis(WALL_TIME)
                .setLicence("MIT")
                .build());
        Tensor tensor = add(Tensor.newBuilder()
                .setName("input")
                .setType(ElementType.FLOAT32)
                .addAllShape(List.of(1L, 2L))
                .setData(ByteString.fromHex("0000803f000000bf")) // 1.0, -0.5
                .build());
        SelfTestVector vector = add(
                SelfTestVector.newBuilder().addInputs(tensor).addOutputs(tensor).build());
        add(SelfTestVectors.newBuilder().addVectors(vector).build());
    }

    private static ByteString sha(String name) {
        return Digest.of(name.getBytes(StandardCharsets.UTF_8)).toBytes();
    }
}
