package io.tinyfleet.server.architecture.badfixture.device;

import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.ws.rs.core.UriInfo;

/** Breaks: no persistence and no HTTP in a use case, no field injection. */
public final class CountEverything {
    @Inject
    EntityManager database;

    public boolean isAskedBy(UriInfo address) {
        return address.getPath().isEmpty() || database.isOpen();
    }
}
