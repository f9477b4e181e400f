package io.tinyfleet.server.rollout;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/releases/{id}/variant-preview")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class VariantPreviewResource {
    private final PreviewVariants preview;

    VariantPreviewResource(PreviewVariants preview) {
        this.preview = preview;
    }

    /** Which devices are meant; an absent filter means all. */
    record VariantPreviewRequest(RolloutRequest.@Nullable Filter filter) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("viewer")
    @Operation(
            operationId = "previewVariants",
            summary = "Which variant of a release each device would get, and why the others not")
    public VariantPreview preview(@PathParam("id") String id, @Nullable VariantPreviewRequest request) {
        ReleaseId release;
        try {
            release = ReleaseId.parse(id);
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("release", id);
        }
        return preview.preview(release, request == null ? null : request.filter());
    }
}
