package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

@Path("/api/v1/releases")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class ReleasesResource {
    private final ListModels list;

    ReleasesResource(ListModels list) {
        this.list = list;
    }

    @GET
    @Path("/{id}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getRelease", summary = "A release with its variants")
    public ReleaseBody get(@PathParam("id") String id) {
        ReleaseId release;
        try {
            release = ReleaseId.parse(id);
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("release", id);
        }
        return list.getRelease(release);
    }
}
