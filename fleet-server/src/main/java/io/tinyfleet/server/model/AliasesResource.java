package io.tinyfleet.server.model;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/models/{name}/aliases")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
public class AliasesResource {
    private final MoveAlias move;

    AliasesResource(MoveAlias move) {
        this.move = move;
    }

    public record Aliases(List<AliasBody> items) {}

    public record AliasHistory(List<AliasChangeBody> items) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(operationId = "listAliases", summary = "The free names of a model's versions")
    public Aliases list(@PathParam("name") String name) {
        return new Aliases(move.list(name));
    }

    @PUT
    @Path("/{alias}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("data")
    @Operation(operationId = "setAlias", summary = "Point an alias to a version")
    public AliasBody set(
            @PathParam("name") String name, @PathParam("alias") String alias, @Nullable AliasRequest request) {
        if (request == null) {
            throw Problem.invalid("body", Violations.REQUIRED, null);
        }
        return move.set(name, alias, request);
    }

    @DELETE
    @Path("/{alias}")
    @RolesAllowed("data")
    @Operation(operationId = "removeAlias", summary = "Remove an alias; its history stays")
    public void remove(
            @PathParam("name") String name,
            @PathParam("alias") String alias,
            @QueryParam("revision") @Nullable Long revision) {
        move.remove(name, alias, revision);
    }

    @GET
    @Path("/{alias}/history")
    @RolesAllowed("viewer")
    @Operation(operationId = "aliasHistory", summary = "Where an alias pointed, newest first")
    public AliasHistory history(@PathParam("name") String name, @PathParam("alias") String alias) {
        return new AliasHistory(move.history(name, alias));
    }
}
