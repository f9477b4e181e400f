package io.tinyfleet.server.telemetry;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.telemetry.ShadowComparisons.Comparison;
import io.tinyfleet.server.telemetry.ShadowComparisons.Measured;
import io.tinyfleet.server.telemetry.ShadowComparisons.ShadowQuery;
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
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/telemetry/shadows")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed({"viewer", "data"})
@Tag(name = "telemetry")
class ShadowTelemetryResource {
    static final int MAX_ITEMS = 500;

    private final ShadowComparisons shadows;

    ShadowTelemetryResource(ShadowComparisons shadows) {
        this.shadows = shadows;
    }

    /**
     * One measure of agreement.
     *
     * @param mean of the agreement of each input, 0 to 1; absent when there was none
     * @param agreedShare of inputs whose agreement reached {@code agreeAt}; absent when there was none
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AgreementView(
            String measure,
            long compared,
            long agreed,
            double agreeAt,
            @Nullable Double mean,
            @Nullable Double agreedShare) {}

    /**
     * What one device says of one shadow beside one model.
     *
     * @param agreements the one that says whether the two agree comes first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ComparisonView(
            String deviceId,
            String slot,
            String attemptId,
            String activeSha256,
            String shadowSha256,
            String hardwareClass,
            long windows,
            long compared,
            long dropped,
            long warmUp,
            long notComparable,
            long failed,
            @Nullable Double latencyP50Millis,
            @Nullable Double latencyP95Millis,
            double cpuSeconds,
            long rssPeakBytes,
            Instant firstAt,
            Instant lastAt,
            List<AgreementView> agreements) {}

    record ComparisonList(List<ComparisonView> items) {}

    @GET
    @Operation(
            operationId = "listShadowComparisons",
            summary =
                    "How far shadows agree with the models they stand beside, one row a device, newest first, at most 500")
    public ComparisonList list(
            @QueryParam("device") @Nullable String device,
            @QueryParam("artifact") @Nullable String artifact,
            @QueryParam("since") @Nullable String since) {
        List<FieldViolation> violations = new ArrayList<>();
        Optional<Digest> shadow = TelemetryParameters.artifact(artifact, violations);
        Instant from = TelemetryParameters.since(since, violations);
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
        return new ComparisonList(
                shadows.list(new ShadowQuery(Optional.ofNullable(device), shadow, from, MAX_ITEMS)).stream()
                        .map(ShadowTelemetryResource::view)
                        .toList());
    }

    private static ComparisonView view(Comparison row) {
        return new ComparisonView(
                row.key().device(),
                row.key().slot(),
                row.key().attempt().toString(),
                row.key().active().hex(),
                row.shadow().hex(),
                row.hardwareClass(),
                row.counts().windows(),
                row.counts().compared(),
                row.counts().dropped(),
                row.counts().warmUp(),
                row.counts().notComparable(),
                row.counts().failed(),
                row.latencyP50Millis().orElse(null),
                row.latencyP95Millis().orElse(null),
                row.cpuSeconds(),
                row.rssPeakBytes(),
                row.firstAt(),
                row.lastAt(),
                row.measures().stream().map(ShadowTelemetryResource::view).toList());
    }

    private static AgreementView view(Measured measured) {
        long inputs = measured.compared();
        return new AgreementView(
                measured.measure(),
                inputs,
                measured.agreed(),
                measured.agreeAt(),
                inputs == 0 ? null : measured.sum() / inputs,
                inputs == 0 ? null : (double) measured.agreed() / inputs);
    }
}
