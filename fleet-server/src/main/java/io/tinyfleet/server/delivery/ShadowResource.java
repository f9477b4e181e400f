package io.tinyfleet.server.delivery;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** A second model beside a slot's own, on one device: tried on live inputs, never answering. */
@Path("/api/v1/devices/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "devices")
public class ShadowResource {
    private final StartShadow shadows;
    private final ShadowRepository repository;
    private final ReleaseDirectory releases;
    private final CurrentPerson person;

    ShadowResource(StartShadow shadows, ShadowRepository repository, ReleaseDirectory releases, CurrentPerson person) {
        this.shadows = shadows;
        this.repository = repository;
        this.releases = releases;
        this.person = person;
    }

    /**
     * What to run beside the slot's model.
     *
     * @param share of live inputs, over 0 to 1; absent: all
     * @param maxInputs compared inputs after which it ends; absent: no such bound
     * @param maxSeconds running seconds after which it ends; absent: no such bound
     */
    public record ShadowRequest(
            @Nullable String releaseId,
            @Nullable Double share,
            @Nullable Long maxInputs,
            @Nullable Integer maxSeconds) {}

    /** A shadow that is asked for. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record WantedShadow(
            String slot,
            String attemptId,
            String releaseId,
            String model,
            String version,
            String artifactSha256,
            double share,
            @Nullable Long maxInputs,
            @Nullable Integer maxSeconds,
            Instant startedAt,
            String startedBy) {}

    public record WantedShadows(List<WantedShadow> items) {}

    @GET
    @Path("/shadows")
    @RolesAllowed("viewer")
    @Operation(operationId = "listShadows", summary = "The shadows that the device is asked to run")
    public WantedShadows list(@PathParam("id") String id) {
        DeviceId device = shadows.device(id).id();
        List<WantedShadow> items = new ArrayList<>();
        repository.list(device).forEach((slot, wish) -> items.add(view(slot, wish)));
        return new WantedShadows(items);
    }

    @PUT
    @Path("/slots/{slot}/shadow")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("operator")
    @Operation(
            operationId = "startShadow",
            summary = "Run a release beside the slot's model on live inputs; it never answers, and takes the place of"
                    + " the shadow before")
    public WantedShadow put(@PathParam("id") String id, @PathParam("slot") String slot, ShadowRequest given) {
        List<FieldViolation> violations = new ArrayList<>();
        Optional<ReleaseId> release = release(given.releaseId(), violations);
        double share = Optional.ofNullable(given.share()).orElse(1.0);
        if (!(share > 0 && share <= 1)) {
            violations.add(new FieldViolation("share", "must be over 0 and at most 1", String.valueOf(share)));
        }
        long maxInputs = Optional.ofNullable(given.maxInputs()).orElse(0L);
        if (given.maxInputs() != null && maxInputs < 1) {
            violations.add(new FieldViolation("maxInputs", "must be 1 or more", String.valueOf(maxInputs)));
        }
        int maxSeconds = Optional.ofNullable(given.maxSeconds()).orElse(0);
        if (given.maxSeconds() != null && maxSeconds < 1) {
            violations.add(new FieldViolation("maxSeconds", "must be 1 or more", String.valueOf(maxSeconds)));
        }
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
        StartShadow.Terms terms =
                new StartShadow.Terms(release.orElseThrow(), share, maxInputs, maxSeconds, person.name());
        return view(slot(slot), shadows.start(id, slot(slot), terms));
    }

    @DELETE
    @Path("/slots/{slot}/shadow")
    @RolesAllowed("operator")
    @Operation(operationId = "stopShadow", summary = "End the slot's shadow; does nothing when there is none")
    public void delete(@PathParam("id") String id, @PathParam("slot") String slot) {
        shadows.stop(id, slot(slot), person.name());
    }

    private static Optional<ReleaseId> release(@Nullable String given, List<FieldViolation> violations) {
        try {
            if (given != null) {
                return Optional.of(ReleaseId.parse(given));
            }
        } catch (IllegalArgumentException e) {
            violations.add(new FieldViolation("releaseId", "must be the id of a release", given));
            return Optional.empty();
        }
        violations.add(new FieldViolation("releaseId", "says which release", null));
        return Optional.empty();
    }

    private static SlotName slot(String given) {
        try {
            return new SlotName(given);
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("slot", given);
        }
    }

    private WantedShadow view(SlotName slot, ShadowWish wish) {
        ShadowContent content = wish.content();
        ReleaseView release = releases.getRelease(content.release());
        return new WantedShadow(
                slot.value(),
                content.attempt().toString(),
                content.release().toString(),
                release.model(),
                release.version(),
                content.variant().hex(),
                content.share(),
                content.maxInputs() == 0 ? null : content.maxInputs(),
                content.maxSeconds() == 0 ? null : content.maxSeconds(),
                wish.startedAt(),
                wish.startedBy());
    }
}
