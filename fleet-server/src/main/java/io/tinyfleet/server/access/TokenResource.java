package io.tinyfleet.server.access;

import jakarta.annotation.security.RolesAllowed;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** API tokens: made, listed and revoked by administrators. */
@Path("/api/v1/tokens")
@Tag(name = "access")
@RolesAllowed("admin")
@Produces(MediaType.APPLICATION_JSON)
final class TokenResource {
    private final ApiTokens tokens;
    private final CurrentPerson person;

    TokenResource(ApiTokens tokens, CurrentPerson person) {
        this.tokens = tokens;
        this.person = person;
    }

    record TokenRequest(
            @NotNull @Pattern(
                    regexp = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}",
                    message = "must be 1 to 63 letters, digits, blanks, dots, hyphens or underscores")
            String name,

            @NotEmpty @Size(max = 4) List<@NotNull Role> roles,
            @Nullable Instant expiresAt) {}

    /** The only answer that holds the token itself. */
    record NewTokenAnswer(
            UUID id, String name, String token, List<Role> roles, Instant createdAt, Optional<Instant> expiresAt) {}

    record TokenList(List<ApiTokenView> items) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @ResponseStatus(201)
    @Operation(operationId = "createToken", summary = "Make an API token; the answer shows it once")
    public NewTokenAnswer create(@Valid TokenRequest request) {
        ApiTokens.Made made = tokens.make(request.name(), request.roles(), request.expiresAt(), person.name());
        ApiTokenView view = made.view();
        return new NewTokenAnswer(
                view.id(), view.name(), made.token().secret(), view.roles(), view.createdAt(), view.expiresAt());
    }

    @GET
    @Operation(operationId = "listTokens", summary = "The API tokens, newest first, without their secrets")
    public TokenList list() {
        return new TokenList(tokens.list());
    }

    @DELETE
    @Path("{id}")
    @Operation(operationId = "revokeToken", summary = "Revoke an API token at once")
    public void revoke(@PathParam("id") UUID id) {
        tokens.revoke(id);
    }
}
