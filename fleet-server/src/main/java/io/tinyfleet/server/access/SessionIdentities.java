package io.tinyfleet.server.access;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Who a session stands for, as the account is now. */
@ApplicationScoped
class SessionIdentities implements IdentityProvider<SessionRequest> {
    private final Accounts accounts;

    SessionIdentities(Accounts accounts) {
        this.accounts = accounts;
    }

    @Override
    public Class<SessionRequest> getRequestType() {
        return SessionRequest.class;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(SessionRequest request, AuthenticationRequestContext context) {
        return context.runBlocking(() -> accounts.find(request.session())
                .map(person -> Identities.of(person, LoginMethod.PASSWORD))
                .orElseThrow(AuthenticationFailedException::new));
    }
}
