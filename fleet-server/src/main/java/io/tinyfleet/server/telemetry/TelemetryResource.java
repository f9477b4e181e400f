package io.tinyfleet.server.telemetry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.device.DeadLetters;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.telemetry.TelemetryReadRepository.SourceShare;
import io.tinyfleet.server.telemetry.TelemetryReadRepository.StoredWindow;
import io.tinyfleet.server.telemetry.TelemetryReadRepository.WindowQuery;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/telemetry")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed({"viewer", "data"})
@Tag(name = "telemetry")
class TelemetryResource {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;
    private static final double MILLI = 1000;

    private final TelemetryReadRepository windows;
    private final MeasuredProfiles profiles;
    private final DeadLetters deadLetters;

    TelemetryResource(TelemetryReadRepository windows, MeasuredProfiles profiles, DeadLetters deadLetters) {
        this.windows = windows;
        this.profiles = profiles;
        this.deadLetters = deadLetters;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record WindowView(
            String deviceId,
            long bootCounter,
            long seq,
            Instant receivedAt,
            String slot,
            String artifactSha256,
            @Nullable String attemptId,
            String phase,
            String source,
            long durationMillis,
            @Nullable Instant wallStart,
            long ok,
            long failed,

            @JsonRawValue @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.OBJECT)
            String failedByCode,

            @Nullable Double latencyP50Millis,
            @Nullable Double latencyP95Millis,
            EnergyView energy,
            double cpuSeconds,
            long rssPeakBytes,
            @Nullable ScoresView scores,
            boolean throttled,
            long askedByApplications,
            long inputDropped) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record EnergyView(
            String label,
            double joulesGross,
            double joulesNet,
            double ci95Joules,
            @Nullable Double millijoulesPerInference,
            String method,
            String scope) {}

    record ScoresView(double threshold, long over, long total) {}

    record WindowList(List<WindowView> items, long total) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ShareView(
            String source,
            double threshold,
            long over,
            long total,
            @Nullable Double share,
            long windows,
            long devices) {}

    record ShareList(List<ShareView> items) {}

    record EnergyFigureView(String label, double millijoulesPerInference, long inferences) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ProfileView(
            String hardwareClass,
            long windows,
            long inferences,
            @Nullable Double failedShare,
            @Nullable Double latencyP50Millis,
            @Nullable Double latencyP95Millis,
            List<EnergyFigureView> energy,
            long rssPeakBytes,
            long askedByApplications,
            long inputDropped) {}

    record ProfileList(List<ProfileView> items) {}

    record DeadLetterView(long id, String topic, String reason, int bytes, Instant receivedAt) {}

    record DeadLetterList(List<DeadLetterView> items, long total) {}

    @GET
    @Path("/windows")
    @Operation(operationId = "listWindows", summary = "Stored windows, newest first")
    public WindowList list(
            @QueryParam("device") @Nullable String device,
            @QueryParam("artifact") @Nullable String artifact,
            @QueryParam("source") @Nullable String source,
            @QueryParam("since") @Nullable String since,
            @QueryParam("limit") @Nullable String limit) {
        List<FieldViolation> violations = new ArrayList<>();
        WindowQuery query = new WindowQuery(
                Optional.ofNullable(device),
                TelemetryParameters.artifact(artifact, violations),
                Optional.ofNullable(source),
                TelemetryParameters.since(since, violations),
                limit(limit, violations));
        refuse(violations);
        return new WindowList(
                windows.windows(query).stream().map(TelemetryResource::view).toList(), windows.count(query));
    }

    @GET
    @Path("/shares")
    @Operation(
            operationId = "listScoreShares",
            summary = "Share of results scored over their threshold, by input source, over all stored windows")
    public ShareList shares(@QueryParam("since") @Nullable String since) {
        List<FieldViolation> violations = new ArrayList<>();
        Instant from = TelemetryParameters.since(since, violations);
        refuse(violations);
        return new ShareList(
                windows.shares(from).stream().map(TelemetryResource::view).toList());
    }

    @GET
    @Path("/profiles")
    @Operation(
            operationId = "listProfiles",
            summary = "What one artifact costs on each hardware class, as devices have measured it")
    public ProfileList profiles(
            @QueryParam("artifact") @Nullable String artifact, @QueryParam("since") @Nullable String since) {
        List<FieldViolation> violations = new ArrayList<>();
        Optional<Digest> wanted = TelemetryParameters.artifact(artifact, violations);
        if (artifact == null) {
            violations.add(new FieldViolation("artifact", "says which artifact, by its SHA-256 in hex", null));
        }
        Instant from = TelemetryParameters.since(since, violations);
        refuse(violations);
        return new ProfileList(profiles.of(wanted.orElseThrow(), from).stream()
                .map(TelemetryResource::view)
                .toList());
    }

    @GET
    @Path("/dead-letters")
    @Operation(operationId = "listDeadLetters", summary = "Messages of devices that could not be read, newest first")
    public DeadLetterList deadLetters(@QueryParam("limit") @Nullable String limit) {
        List<FieldViolation> violations = new ArrayList<>();
        int count = limit(limit, violations);
        refuse(violations);
        return new DeadLetterList(
                deadLetters.newest(count).stream()
                        .map(letter -> new DeadLetterView(
                                letter.id(), letter.topic(), letter.reason(), letter.bytes(), letter.receivedAt()))
                        .toList(),
                deadLetters.count());
    }

    private static void refuse(List<FieldViolation> violations) {
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
    }

    private static int limit(@Nullable String given, List<FieldViolation> violations) {
        if (given == null) {
            return DEFAULT_LIMIT;
        }
        if (given.matches("\\d{1,4}")) {
            int limit = Integer.parseInt(given);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        }
        violations.add(new FieldViolation("limit", "must be 1 to " + MAX_LIMIT, given));
        return DEFAULT_LIMIT;
    }

    private static WindowView view(StoredWindow window) {
        long all = window.ok() + window.failed();
        boolean resolved = all > 0
                && WindowFigures.isResolved(
                        window.energy().label(),
                        window.energy().joulesNet(),
                        window.energy().ci95Joules());
        return new WindowView(
                window.deviceId(),
                window.bootCounter(),
                window.seq(),
                window.receivedAt(),
                window.slot(),
                window.artifact().hex(),
                window.attempt().map(String::valueOf).orElse(null),
                window.phase(),
                window.source(),
                window.durationMillis(),
                window.wallStart().orElse(null),
                window.ok(),
                window.failed(),
                window.failedByCode(),
                window.latencyP50Millis().orElse(null),
                window.latencyP95Millis().orElse(null),
                new EnergyView(
                        window.energy().label(),
                        window.energy().joulesGross(),
                        window.energy().joulesNet(),
                        window.energy().ci95Joules(),
                        resolved ? window.energy().joulesNet() * MILLI / all : null,
                        window.energy().method(),
                        window.energy().scope()),
                window.cpuSeconds(),
                window.rssPeakBytes(),
                window.scores()
                        .map(scores -> new ScoresView(scores.threshold(), scores.over(), scores.total()))
                        .orElse(null),
                window.throttled(),
                window.askedByApplications(),
                window.inputDropped());
    }

    private static ProfileView view(MeasuredProfiles.Profile profile) {
        return new ProfileView(
                profile.hardwareClass(),
                profile.windows(),
                profile.inferences(),
                profile.failedShare().orElse(null),
                profile.latencyP50Millis().orElse(null),
                profile.latencyP95Millis().orElse(null),
                profile.energy().stream()
                        .map(figure -> new EnergyFigureView(
                                figure.label(), figure.millijoulesPerInference(), figure.inferences()))
                        .toList(),
                profile.rssPeakBytes(),
                profile.askedByApplications(),
                profile.inputDropped());
    }

    private static ShareView view(SourceShare share) {
        return new ShareView(
                share.source(),
                share.threshold(),
                share.over(),
                share.total(),
                share.total() == 0 ? null : (double) share.over() / share.total(),
                share.windows(),
                share.devices());
    }
}
