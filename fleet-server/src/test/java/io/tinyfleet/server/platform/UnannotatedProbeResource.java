package io.tinyfleet.server.platform;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** An endpoint whose author forgot to say who may call it. */
@Path("/api/forgotten")
public final class UnannotatedProbeResource {
    @GET
    @Operation(hidden = true)
    public String forgotten() {
        return "never";
    }
}
