package io.tinyfleet.server.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.HttpSecurityPolicy;
import io.smallrye.mutiny.Uni;
import io.tinyfleet.server.platform.Problem;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Metrics and the API's description: for viewers, and for programs of this machine without a login (a scraper beside
 * the server). A request that a proxy forwarded comes from elsewhere, whatever its address says.
 */
@ApplicationScoped
class OperationsPolicy implements HttpSecurityPolicy {
    @Override
    public String name() {
        return "viewer-or-loopback";
    }

    @Override
    public Uni<CheckResult> checkPermission(
            RoutingContext context, Uni<SecurityIdentity> identity, AuthorizationRequestContext requestContext) {
        if (isOfThisMachine(context)) {
            return CheckResult.permit();
        }
        return identity.flatMap(person -> {
            if (person.hasRole(Role.VIEWER.word())) {
                return CheckResult.permit();
            }
            return Uni.createFrom()
                    .failure(
                            person.isAnonymous()
                                    ? Problem.unauthenticated("unauthenticated", "Sign in, or send an API token.")
                                    : Problem.forbidden("forbidden", "Your roles do not allow this."));
        });
    }

    private static boolean isOfThisMachine(RoutingContext context) {
        boolean isForwarded = context.request().getHeader("X-Forwarded-For") != null
                || context.request().getHeader("Forwarded") != null;
        if (isForwarded || context.request().remoteAddress() == null) {
            return false;
        }
        String address = context.request().remoteAddress().hostAddress();
        try {
            return address != null && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false; // Not an address at all: not this machine.
        }
    }
}
