package io.tinyfleet.server.access;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Prints the generated password, once: only its hash is kept. */
@ApplicationScoped
class FirstAdmin {
    private final Accounts accounts;
    private final AccessConfig config;

    FirstAdmin(Accounts accounts, AccessConfig config) {
        this.accounts = accounts;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        accounts.prepareAdmin(config.resetAdminPassword())
                .ifPresent(password -> System.out.println("TINYFLEET ADMIN PASSWORD " + password));
    }
}
