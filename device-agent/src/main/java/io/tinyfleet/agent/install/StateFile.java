package io.tinyfleet.agent.install;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.agent.install.v1.StoredArtifact;
import io.tinyfleet.agent.install.v1.StoredFloor;
import io.tinyfleet.agent.install.v1.StoredInstall;
import io.tinyfleet.agent.install.v1.StoredSlot;
import io.tinyfleet.agent.install.v1.StoredState;
import io.tinyfleet.agent.install.v1.StoredTrust;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Counters;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Offer;
import io.tinyfleet.agent.reconcile.Pace;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.agent.reconcile.Starts;
import io.tinyfleet.agent.reconcile.Trust;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.trust.SeenVersion;
import io.tinyfleet.protocol.v1.BlobRef;
import io.tinyfleet.protocol.v1.DesiredSlot;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The durable part of {@link AgentState} in one file: its SHA-256, then protobuf. Replaced whole and atomically; the
 * one before is kept, so that a sector gone bad costs one step and not the device.
 */
public final class StateFile {
    private final Disk disk;
    private final AgentHome home;

    public StateFile(Disk disk, AgentHome home) {
        this.disk = disk;
        this.home = home;
    }

    /** The state as last stored, else the one before, else a fresh one. */
    public AgentState read() throws IOException {
        Optional<AgentState> state = read(home.state());
        if (state.isPresent()) {
            return state.get();
        }
        return read(home.previousState()).orElse(AgentState.fresh());
    }

    public void write(AgentState state) throws IOException {
        byte[] body = encode(state).toByteArray();
        byte[] content = Arrays.copyOf(Digest.of(body).toByteArray(), Digest.BYTES + body.length);
        System.arraycopy(body, 0, content, Digest.BYTES, body.length);
        Optional<byte[]> before = disk.read(home.state());
        if (before.isPresent() && isSound(before.get())) {
            disk.writeAtomic(home.previousState(), before.get());
        }
        disk.writeAtomic(home.state(), content);
    }

    private Optional<AgentState> read(Path file) throws IOException {
        Optional<byte[]> content = disk.read(file);
        if (content.isEmpty() || !isSound(content.get())) {
            return Optional.empty();
        }
        try {
            return Optional.of(decode(StoredState.parseFrom(
                    ByteString.copyFrom(content.get(), Digest.BYTES, content.get().length - Digest.BYTES))));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException(file + " has its checksum and cannot be read: written by another version?", e);
        }
    }

    private static boolean isSound(byte[] content) {
        if (content.length < Digest.BYTES) {
            return false;
        }
        byte[] body = Arrays.copyOfRange(content, Digest.BYTES, content.length);
        return Arrays.equals(Digest.of(body).toByteArray(), Arrays.copyOf(content, Digest.BYTES));
    }

    // ---- to protobuf

    private static StoredState encode(AgentState state) {
        StoredState.Builder stored = StoredState.newBuilder()
                .setDesiredSeq(state.desiredSeq())
                .setSignedTimeMillis(state.signedTime().toEpochMilli());
        state.findDesiredDigest().ifPresent(digest -> stored.setDesiredSha256(digest.toBytes()));
        state.slots().values().forEach(slot -> stored.addSlots(encode(slot, state.findShadow(slot.name()))));
        if (!state.pace().equals(Pace.FREE)) {
            stored.setDownloadPolicy(state.pace().policy().toByteString());
        }
        stored.setTrust(encode(state.trust()));
        state.penaltyBox().forEach(artifact -> stored.addPenaltyBox(artifact.toBytes()));
        return stored.build();
    }

    private static StoredTrust encode(Trust trust) {
        StoredTrust.Builder stored = StoredTrust.newBuilder()
                .setRootVersion(trust.rootVersion())
                .setRootTimeMillis(trust.rootTime().toEpochMilli())
                .setHeadsTimeMillis(trust.headsTime().toEpochMilli())
                .addAllWantedFloors(trust.wanted().floors().stream()
                        .map(BlobRef::toByteString)
                        .toList());
        SeenVersion heads = trust.heads();
        if (heads != null) {
            stored.setHeadsVersion(heads.version())
                    .setHeadsSha256(heads.envelope().toBytes());
        }
        BlobRef wanted = trust.wanted().heads();
        if (wanted != null) {
            stored.setWantedHeads(wanted.toByteString());
        }
        trust.floors()
                .forEach((model, floor) -> stored.addFloors(StoredFloor.newBuilder()
                        .setModel(model)
                        .setVersion(floor.seen().version())
                        .setSha256(floor.seen().envelope().toBytes())
                        .setMinSecurityVersion(floor.minSecurityVersion())
                        .setIssuedAtMillis(floor.issuedAt().toEpochMilli())
                        .setExpiresAtMillis(floor.expiresAt().toEpochMilli())));
        return stored.build();
    }

    private static Trust decode(StoredTrust stored) throws InvalidProtocolBufferException {
        Map<String, Trust.Floor> floors = new TreeMap<>();
        for (StoredFloor floor : stored.getFloorsList()) {
            floors.put(
                    floor.getModel(),
                    new Trust.Floor(
                            new SeenVersion(floor.getVersion(), Digest.fromBytes(floor.getSha256())),
                            floor.getMinSecurityVersion(),
                            Instant.ofEpochMilli(floor.getIssuedAtMillis()),
                            Instant.ofEpochMilli(floor.getExpiresAtMillis())));
        }
        List<BlobRef> wantedFloors = new ArrayList<>();
        for (ByteString blob : stored.getWantedFloorsList()) {
            wantedFloors.add(BlobRef.parseFrom(blob));
        }
        return new Trust(
                stored.getRootVersion(),
                Instant.ofEpochMilli(stored.getRootTimeMillis()),
                stored.getHeadsVersion() == 0
                        ? null
                        : new SeenVersion(stored.getHeadsVersion(), Digest.fromBytes(stored.getHeadsSha256())),
                Instant.ofEpochMilli(stored.getHeadsTimeMillis()),
                floors,
                new Trust.Wanted(
                        stored.getWantedHeads().isEmpty() ? null : BlobRef.parseFrom(stored.getWantedHeads()),
                        wantedFloors),
                null,
                null,
                null);
    }

    private static StoredSlot encode(SlotState slot, Optional<SlotState> shadow) {
        StoredSlot.Builder stored = StoredSlot.newBuilder()
                .setName(slot.name().value())
                .setInstall(encode(slot.install()))
                .setStartsSinceMinute(slot.starts().sinceMinute())
                .setStartsInProbation(slot.starts().inProbation());
        if (slot.active() != null) {
            stored.setActive(encode(slot.active()));
        }
        if (slot.previous() != null) {
            stored.setPrevious(encode(slot.previous()));
        }
        shadow.ifPresent(beside -> stored.setShadow(encode(beside.install()))
                .setShadowStartsSinceMinute(beside.starts().sinceMinute()));
        return stored.build();
    }

    private static StoredArtifact encode(Installed installed) {
        return StoredArtifact.newBuilder()
                .setSha256(installed.artifact().toBytes())
                .setReleaseId(installed.release().toBytes())
                .setModel(installed.model())
                .setVersion(installed.version())
                .setVariant(installed.variant().toByteString())
                .setAttemptId(installed.attempt().toBytes())
                .setConfirmed(installed.confirmed())
                .setSecurityVersion(installed.securityVersion())
                .build();
    }

    private static StoredInstall encode(Install install) {
        StoredInstall.Builder stored = StoredInstall.newBuilder()
                .setPhase(install.phase().getNumber())
                .setReason(install.reason())
                .setDetail(install.detail())
                .setBytesDone(install.counters().bytesDone())
                .setBytesTotal(install.counters().bytesTotal())
                .setChunksWritten(install.counters().chunksWritten())
                .setChunksRepeated(install.counters().chunksRepeated())
                .setChunksRefused(install.counters().chunksRefused())
                .setBytesOnWire(install.counters().bytesOnWire())
                .setEncoding(install.counters().encoding().getNumber())
                .setProbationMillis(install.served().millis())
                .setProbationInferences(install.served().inferences());
        Offer offer = install.offer();
        if (offer != null) {
            stored.setWanted(offer.wanted().toByteString());
        }
        if (install instanceof Install.Downloading downloading) {
            stored.setCandidate(encode(downloading.candidate())).setBytesSpent(downloading.spent());
            downloading.setAside().forEach(blob -> stored.addSetAside(blob.toBytes()));
        } else if (install instanceof Install.Verified verified) {
            stored.setCandidate(encode(verified.candidate())).setTrials(verified.trials());
        } else if (install instanceof Install.Shadowing shadowing) {
            stored.setCandidate(encode(shadowing.candidate()));
        } else if (install instanceof Install.Shadowed shadowed) {
            stored.setCandidate(encode(shadowed.candidate()));
        }
        return stored.build();
    }

    // ---- from protobuf

    private static AgentState decode(StoredState stored) throws InvalidProtocolBufferException {
        Map<SlotName, SlotState> slots = new TreeMap<>();
        Map<SlotName, SlotState> shadows = new TreeMap<>();
        for (StoredSlot slot : stored.getSlotsList()) {
            SlotState decoded = decode(slot);
            slots.put(decoded.name(), decoded);
            if (slot.hasShadow()) {
                Starts starts = new Starts(slot.getShadowStartsSinceMinute(), 0, 0);
                shadows.put(decoded.name(), decoded.shadowed(decode(slot.getShadow()), starts));
            }
        }
        Set<Digest> penaltyBox = new LinkedHashSet<>();
        stored.getPenaltyBoxList().forEach(artifact -> penaltyBox.add(Digest.fromBytes(artifact)));
        return new AgentState(
                stored.getDesiredSeq(),
                stored.getDesiredSha256().isEmpty() ? null : Digest.fromBytes(stored.getDesiredSha256()),
                Instant.ofEpochMilli(stored.getSignedTimeMillis()),
                slots,
                shadows,
                penaltyBox,
                decode(stored.getTrust()),
                false,
                Pace.stored(DownloadPolicy.parseFrom(stored.getDownloadPolicy())));
    }

    private static SlotState decode(StoredSlot stored) throws InvalidProtocolBufferException {
        return SlotState.stored(
                new SlotName(stored.getName()),
                stored.hasActive() ? decode(stored.getActive()) : null,
                stored.hasPrevious() ? decode(stored.getPrevious()) : null,
                decode(stored.getInstall()),
                new Starts(stored.getStartsSinceMinute(), stored.getStartsInProbation(), 0));
    }

    private static Installed decode(StoredArtifact stored) throws InvalidProtocolBufferException {
        return new Installed(
                Digest.fromBytes(stored.getSha256()),
                ReleaseId.fromBytes(stored.getReleaseId()),
                stored.getModel(),
                stored.getVersion(),
                Variant.parseFrom(stored.getVariant()),
                AttemptId.fromBytes(stored.getAttemptId()),
                stored.getConfirmed(),
                stored.getSecurityVersion());
    }

    private static Install decode(StoredInstall stored) throws InvalidProtocolBufferException {
        if (stored.getWanted().isEmpty()) {
            return new Install.Untried();
        }
        Offer offer = Offer.of(DesiredSlot.parseFrom(stored.getWanted()));
        Counters counters = new Counters(
                stored.getBytesDone(),
                stored.getBytesTotal(),
                stored.getChunksWritten(),
                stored.getChunksRepeated(),
                stored.getChunksRefused(),
                stored.getBytesOnWire(),
                encodingOf(stored));
        Served served = new Served(stored.getProbationMillis(), stored.getProbationInferences());
        Phase phase = phaseOf(stored);
        return switch (phase) {
            case ACCEPTED -> new Install.Accepted(offer);
            case DOWNLOADING ->
                new Install.Downloading(
                        offer,
                        candidate(stored),
                        counters,
                        stored.getSetAsideList().stream().map(Digest::fromBytes).collect(Collectors.toSet()),
                        stored.getBytesSpent());
            case VERIFIED -> new Install.Verified(offer, candidate(stored), counters, stored.getTrials());
            case ACTIVATING -> new Install.Activating(offer, counters);
            case PROBATION -> new Install.Probation(offer, counters, served, served);
            case HEALTHY -> new Install.Healthy(offer, counters, served);
            case IDLE -> new Install.Idle(offer, counters, served, stored.getDetail());
            case FAILED -> new Install.Failed(offer, counters, stored.getReason(), stored.getDetail());
            case ROLLED_BACK -> new Install.RolledBack(offer, counters, served, stored.getReason(), stored.getDetail());
            case REJECTED -> new Install.Rejected(offer, stored.getReason(), stored.getDetail());
            case SHADOWING -> new Install.Shadowing(offer, candidate(stored), counters, served, served);
            case SHADOWED ->
                new Install.Shadowed(
                        offer, candidate(stored), counters, served, stored.getReason(), stored.getDetail());
            case PHASE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("an attempt cannot be stored in phase " + stored.getPhase());
        };
    }

    private static EncodingKind encodingOf(StoredInstall stored) {
        @Nullable EncodingKind kind = EncodingKind.forNumber(stored.getEncoding());
        return kind == null ? EncodingKind.ENCODING_KIND_UNSPECIFIED : kind;
    }

    private static Phase phaseOf(StoredInstall stored) {
        @Nullable Phase phase = Phase.forNumber(stored.getPhase());
        return phase == null ? Phase.UNRECOGNIZED : phase;
    }

    private static Installed candidate(StoredInstall stored) throws InvalidProtocolBufferException {
        if (!stored.hasCandidate()) {
            throw new IllegalArgumentException("an attempt in phase " + stored.getPhase() + " must have a candidate");
        }
        return decode(stored.getCandidate());
    }
}
