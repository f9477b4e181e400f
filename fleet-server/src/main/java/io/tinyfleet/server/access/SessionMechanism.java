package io.tinyfleet.server.access;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.quarkus.vertx.http.runtime.security.HttpCredentialTransport;
import io.smallrye.mutiny.Uni;
import io.tinyfleet.server.platform.Problem;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.Set;

/** Knows people by their session cookie, and believes an unsafe request only if the console itself made it. */
@ApplicationScoped
class SessionMechanism implements HttpAuthenticationMechanism {
    /** A header that another site's page cannot send along without our consent (a CORS preflight we never answer). */
    static final String CONSOLE_HEADER = "X-TinyFleet";

    static final String CONSOLE_VALUE = "console";

    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");

    private final Sessions sessions;

    SessionMechanism(Sessions sessions) {
        this.sessions = sessions;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext context, IdentityProviderManager identities) {
        if (context.request().getHeader("Authorization") != null) {
            return Uni.createFrom().nullItem(); // Who sends a token means the token.
        }
        Optional<Session> session = sessions.find(context);
        if (session.isEmpty()) {
            return Uni.createFrom().nullItem();
        }
        if (!isMadeByConsole(context)) {
            return Uni.createFrom()
                    .failure(Problem.forbidden(
                            "csrf-header-missing",
                            "A request that changes something with a session cookie needs the header " + CONSOLE_HEADER
                                    + ": " + CONSOLE_VALUE + "."));
        }
        return identities
                .authenticate(new SessionRequest(session.get()))
                .invoke(() -> sessions.renewIfAged(context, session.get()));
    }

    private static boolean isMadeByConsole(RoutingContext context) {
        return SAFE_METHODS.contains(context.request().method().name())
                || CONSOLE_VALUE.equals(context.request().getHeader(CONSOLE_HEADER));
    }

    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext context) {
        return Uni.createFrom().item(new ChallengeData(401, "WWW-Authenticate", "Bearer realm=\"tinyfleet\""));
    }

    @Override
    public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
        return Set.of(SessionRequest.class);
    }

    @Override
    public Uni<HttpCredentialTransport> getCredentialTransport(RoutingContext context) {
        return Uni.createFrom().item(new HttpCredentialTransport(HttpCredentialTransport.Type.COOKIE, Sessions.COOKIE));
    }
}
