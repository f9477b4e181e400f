package io.tinyfleet.server.access;

import io.quarkus.security.identity.SecurityIdentity;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.SortedSet;
import java.util.TreeSet;
import org.eclipse.microprofile.jwt.JsonWebToken;

/** Who is asking: a person, or a program with an API token. */
@ApplicationScoped
public class CurrentPerson {
    private final SecurityIdentity identity;

    CurrentPerson(SecurityIdentity identity) {
        this.identity = identity;
    }

    public String name() {
        return identity.isAnonymous() ? "anonymous" : identity.getPrincipal().getName();
    }

    public SortedSet<String> roles() {
        return new TreeSet<>(identity.getRoles());
    }

    LoginMethod method() {
        Object known = identity.getAttribute(LoginMethod.ATTRIBUTE);
        if (known instanceof LoginMethod method) {
            return method;
        }
        return identity.getPrincipal() instanceof JsonWebToken ? LoginMethod.OIDC : LoginMethod.PASSWORD;
    }
}
