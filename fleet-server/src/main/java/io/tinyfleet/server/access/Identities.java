package io.tinyfleet.server.access;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;

final class Identities {
    private Identities() {}

    static SecurityIdentity of(Person person, LoginMethod method) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(person.name()))
                .addRoles(Role.words(person.roles()))
                .addAttribute(LoginMethod.ATTRIBUTE, method)
                .build();
    }
}
