package io.tinyfleet.server.platform;

import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Endpoints that exist to be refused. */
@Path("/api/probe")
@Produces(MediaType.APPLICATION_JSON)
@PermitAll
public final class ProbeResource {
    public enum Kind {
        REAL,
        REPLAY
    }

    public record Wave(@Min(1) @Max(100) int percent) {}

    public record Plan(@NotNull String name, Kind kind, Instant at, List<@Valid Wave> waves, Even even) {}

    public record Even(int number) {
        public Even {
            if (number % 2 != 0) {
                throw new IllegalArgumentException("number must be even, got " + number);
            }
        }
    }

    @POST
    @Path("plan")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public Plan plan(@Valid Plan plan) {
        return plan;
    }

    public record Absent(Optional<String> nothing, String something) {}

    @GET
    @Path("absent")
    @Operation(hidden = true)
    public Absent absent() {
        return new Absent(Optional.empty(), "here");
    }

    @GET
    @Path("things/{id}")
    @Operation(hidden = true)
    public String thing(@PathParam("id") UUID id, @QueryParam("limit") @Min(1) @Max(500) int limit) {
        throw Problem.notFound("thing", id);
    }

    @GET
    @Path("fault")
    @Operation(hidden = true)
    public String fault() {
        throw new IllegalStateException("a secret detail");
    }

    @GET
    @Path("operators")
    @RolesAllowed("operator")
    @Operation(hidden = true)
    public String operators() {
        return "\"yes\"";
    }
}
