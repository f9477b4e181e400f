package io.tinyfleet.server.access;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Who am I. */
@Path("/api/v1/session")
@Tag(name = "access")
@Produces(MediaType.APPLICATION_JSON)
final class SessionResource {
    private final CurrentPerson person;

    SessionResource(CurrentPerson person) {
        this.person = person;
    }

    @Schema(name = "Session")
    record SessionAnswer(String name, List<Role> roles, LoginMethod method) {}

    @GET
    @RolesAllowed("**")
    @Operation(operationId = "getSession", summary = "Who is signed in, with which roles")
    public SessionAnswer session() {
        return new SessionAnswer(person.name(), Role.known(person.roles()), person.method());
    }
}
