package io.tinyfleet.server.access;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Who an API token stands for. */
@ApplicationScoped
class ApiTokenIdentities implements IdentityProvider<ApiTokenRequest> {
    private final ApiTokens tokens;

    ApiTokenIdentities(ApiTokens tokens) {
        this.tokens = tokens;
    }

    @Override
    public Class<ApiTokenRequest> getRequestType() {
        return ApiTokenRequest.class;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(ApiTokenRequest request, AuthenticationRequestContext context) {
        return context.runBlocking(() -> tokens.use(request.token())
                .map(person -> Identities.of(person, LoginMethod.TOKEN))
                .orElseThrow(AuthenticationFailedException::new));
    }
}
