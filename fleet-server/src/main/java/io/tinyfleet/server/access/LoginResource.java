package io.tinyfleet.server.access;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Signing in and out with a local account. Never redirects: the console shows its own form. */
@Path("/auth")
@Tag(name = "access")
@Produces(MediaType.APPLICATION_JSON)
final class LoginResource {
    private static final Logger LOG = Logger.getLogger(LoginResource.class);

    private final Accounts accounts;
    private final Sessions sessions;
    private final CurrentVertxRequest request;
    private final LoginAttempts attempts;
    private final InstantSource clock;

    LoginResource(
            Accounts accounts,
            Sessions sessions,
            CurrentVertxRequest request,
            AccessConfig config,
            InstantSource clock) {
        this.request = request;
        this.accounts = accounts;
        this.sessions = sessions;
        this.clock = clock;
        this.attempts = new LoginAttempts(new LoginAttempts.Limits(
                config.loginFailuresPerAccountAndAddress(),
                config.loginFailuresPerAddress(),
                config.loginFailuresPerAccount(),
                config.loginWindow()));
    }

    @POST
    @Path("login")
    @PermitAll
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(operationId = "login", summary = "Sign in with a local account; the answer sets the session cookie")
    public SessionResource.SessionAnswer login(
            @FormParam("j_username") @Nullable String name, @FormParam("j_password") @Nullable String password) {
        if (name == null || password == null) {
            throw Problem.invalid(name == null ? "j_username" : "j_password", "must be given", null);
        }
        RoutingContext context = request.getCurrent();
        SocketAddress remote = context.request().remoteAddress();
        String address = remote == null ? "unknown" : String.valueOf(remote.hostAddress());
        Optional<Duration> wait = attempts.begin(name, address, clock.instant());
        if (wait.isPresent()) {
            throw tooMany(wait.get());
        }
        Person person = accounts.findByPassword(name, password).orElseThrow(() -> {
            LOG.warnf("login-refused address=%s", address);
            return Problem.unauthenticated("login-refused", "The name or the password is wrong.");
        });
        attempts.succeeded(name, address);
        sessions.begin(context, person.name());
        LOG.infof("login account=%s address=%s", person.name(), address);
        return new SessionResource.SessionAnswer(
                person.name(), Role.known(Role.words(person.roles())), LoginMethod.PASSWORD);
    }

    @POST
    @Path("logout")
    @RolesAllowed("**")
    @Operation(operationId = "logout", summary = "Sign out: the answer deletes the session cookie")
    @ResponseStatus(204)
    public void logout() {
        sessions.end(request.getCurrent());
    }

    private static ProblemException tooMany(Duration wait) {
        long seconds = Math.max(1, wait.toSeconds());
        return new ProblemException(
                        ProblemType.TOO_MANY_REQUESTS.withCode("too-many-logins"),
                        "Too many failed logins; try again in " + seconds + " seconds.")
                .withHeader("Retry-After", Long.toString(seconds));
    }
}
