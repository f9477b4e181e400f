package io.tinyfleet.server.access;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.UUID;

@ApplicationScoped
class AccountRepository implements PanacheRepositoryBase<AccountEntity, UUID> {
    Optional<AccountEntity> findByName(String name) {
        return find("name", name).firstResultOptional();
    }
}
