package io.tinyfleet.server.device;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DeviceFacts;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.EnergyLabel;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Devices as the API shows them. */
final class DeviceViews {
    private DeviceViews() {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record DeviceView(
            String id,
            DeviceKind kind,
            DeviceState state,
            String stateReason,
            String hardwareClass,
            @Nullable String agentVersion,
            @Nullable Instant lastSeen,
            boolean online,
            List<SlotView> slots,
            @Nullable Double latencyP95Millis,
            @Nullable Double energyMillijoulesPerInference,
            @Nullable String energyLabel) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record DeviceDetail(
            String id,
            DeviceKind kind,
            DeviceState state,
            String stateReason,
            String hardwareClass,
            @Nullable String agentVersion,
            @Nullable Instant lastSeen,
            boolean online,
            List<SlotView> slots,
            @Nullable Double latencyP95Millis,
            @Nullable Double energyMillijoulesPerInference,
            @Nullable String energyLabel,
            FactsView facts,
            long desiredSeq,
            long reportedDesiredSeq,
            long onlineSeconds,
            @Nullable TroubleView trouble) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SlotView(
            String slot,
            @Nullable ArtifactRef active,
            @Nullable ArtifactRef previous,
            @Nullable AttemptView attempt,
            @Nullable InputView input,
            long askedByApplications,
            long inputDropped,
            @Nullable ShadowView shadow) {}

    /** {@code factory}: it came with the device's image. */
    record ArtifactRef(String sha256, String releaseId, String model, String version, boolean factory) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record InputView(InputSnapshot.State state, @Nullable String reason, Instant since) {}

    record TroubleView(String code, String sentence) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AttemptView(
            String attemptId,
            String artifactSha256,
            String phase,
            @Nullable String reason,
            @Nullable String detail,
            long bytesDone,
            long bytesTotal,
            long probationSeconds,
            long probationInferences,
            long chunksWritten,
            long chunksRepeated,
            long chunksRefused,
            @Nullable String encoding,
            long bytesOnWire,
            Instant updatedAt) {}

    /** A model beside the slot's own, as the device reports it; it never answers. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ShadowView(
            String attemptId,
            String artifactSha256,
            String phase,
            @Nullable String reason,
            @Nullable String detail,
            long bytesDone,
            long bytesTotal,
            long seconds,
            long compared,
            Instant updatedAt) {}

    record FactsView(
            String arch,
            String libc,
            String os,
            long ramBytes,
            long flashFreeBytes,
            String board,
            List<RuntimeView> runtimes) {}

    record RuntimeView(String name, String version) {}

    record Facets(Map<DeviceState, Long> state, Map<String, Long> hardware, Map<String, Long> version) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record DeviceList(
            List<DeviceView> items,
            long total,
            long fleetTotal,
            @Nullable String nextCursor,
            Facets facets) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record EventView(
            Instant at,
            String code,
            String severity,
            @Nullable String slot,
            String detail) {}

    record EventList(List<EventView> items) {}

    static DeviceView of(DeviceRow device) {
        Optional<SlotRow.Figures> energy = dearest(device);
        return new DeviceView(
                device.id().value(),
                device.kind(),
                device.state().state(),
                device.state().reason(),
                device.hardwareClass(),
                emptyToNull(device.facts().getAgentVersion()),
                device.presence().lastSeen(),
                device.presence().presence() == DevicePresence.ONLINE,
                slots(device),
                slowest(device),
                energy.map(SlotRow.Figures::energyMillijoules).orElse(null),
                energy.map(SlotRow.Figures::energyLabel).orElse(null));
    }

    static DeviceDetail detail(DeviceRow device, long desiredSeq) {
        DeviceView view = of(device);
        return new DeviceDetail(
                view.id(),
                view.kind(),
                view.state(),
                view.stateReason(),
                view.hardwareClass(),
                view.agentVersion(),
                view.lastSeen(),
                view.online(),
                view.slots(),
                view.latencyP95Millis(),
                view.energyMillijoulesPerInference(),
                view.energyLabel(),
                facts(device.facts()),
                desiredSeq,
                device.reported().desiredSeq(),
                device.snapshot().onlineSeconds(),
                trouble(device.trouble()));
    }

    private static @Nullable Double slowest(DeviceRow device) {
        return device.slots().values().stream()
                .map(slot -> slot.currentFigures().latencyP95Millis())
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /** The slot that takes most energy; a sum would mix labels. */
    private static Optional<SlotRow.Figures> dearest(DeviceRow device) {
        return device.slots().values().stream()
                .map(SlotRow::currentFigures)
                .filter(figures -> figures.energyMillijoules() != null
                        && !EnergyLabel.NONE.name().equals(figures.energyLabel()))
                .max(Comparator.comparingDouble(figures -> Objects.requireNonNull(figures.energyMillijoules())));
    }

    private static List<SlotView> slots(DeviceRow device) {
        return new TreeMap<>(device.slots())
                .values().stream()
                        .map(slot -> new SlotView(
                                slot.slot().value(),
                                artifact(slot.active()),
                                artifact(slot.previous()),
                                attempt(slot.attempt()),
                                input(slot.input()),
                                slot.currentFigures().askedByApplications(),
                                slot.currentFigures().inputDropped(),
                                shadow(slot.shadow())))
                        .toList();
    }

    private static @Nullable ArtifactRef artifact(@Nullable InstalledArtifactView given) {
        return given == null
                ? null
                : new ArtifactRef(
                        given.artifact().hex(),
                        given.release().toString(),
                        given.model(),
                        given.version(),
                        given.factory());
    }

    private static @Nullable InputView input(@Nullable InputSnapshot given) {
        return given == null ? null : new InputView(given.state(), emptyToNull(given.reason()), given.since());
    }

    private static @Nullable TroubleView trouble(DeviceRow.@Nullable Trouble given) {
        return given == null ? null : new TroubleView(given.code(), given.sentence());
    }

    private static @Nullable AttemptView attempt(@Nullable AttemptSnapshot given) {
        return given == null
                ? null
                : new AttemptView(
                        given.id().toString(),
                        given.artifact().hex(),
                        given.phase().name(),
                        emptyToNull(given.reason()),
                        emptyToNull(given.detail()),
                        given.bytesDone(),
                        given.bytesTotal(),
                        given.probationSeconds(),
                        given.probationInferences(),
                        given.download().chunksWritten(),
                        given.download().chunksRepeated(),
                        given.download().chunksRefused(),
                        encoding(given.download()),
                        given.download().bytesOnWire(),
                        given.updatedAt());
    }

    private static @Nullable ShadowView shadow(SlotRow.@Nullable ShadowReport given) {
        if (given == null) {
            return null;
        }
        Attempt attempt = given.attempt();
        return new ShadowView(
                AttemptId.fromBytes(attempt.getAttemptId()).toString(),
                Digest.fromBytes(attempt.getArtifactSha256()).hex(),
                attempt.getPhase().name(),
                emptyToNull(attempt.getReason()),
                emptyToNull(attempt.getDetail()),
                attempt.getBytesDone(),
                attempt.getBytesTotal(),
                attempt.getShadowSeconds(),
                attempt.getShadowCompared(),
                given.updatedAt());
    }

    private static @Nullable String encoding(AttemptSnapshot.Download download) {
        return download.encoding() == EncodingKind.ENCODING_KIND_UNSPECIFIED
                ? null
                : download.encoding().name();
    }

    private static FactsView facts(DeviceFacts facts) {
        return new FactsView(
                facts.getArch(),
                facts.getLibc(),
                facts.getOs(),
                facts.getRamBytes(),
                facts.getFlashFreeBytes(),
                facts.getBoard(),
                facts.getRuntimesList().stream()
                        .map(runtime -> new RuntimeView(runtime.getName(), runtime.getVersion()))
                        .toList());
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
