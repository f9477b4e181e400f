package io.tinyfleet.server.overview;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

@Path("/api/v1/overview")
@Tag(name = "overview")
@RolesAllowed("viewer")
@Produces(MediaType.APPLICATION_JSON)
public final class OverviewResource {
    private final ShowOverview overview;

    OverviewResource(ShowOverview overview) {
        this.overview = overview;
    }

    @GET
    @Operation(operationId = "getOverview", summary = "The fleet in figures, and what needs a person")
    public OverviewBody overview() {
        return overview.show();
    }
}
