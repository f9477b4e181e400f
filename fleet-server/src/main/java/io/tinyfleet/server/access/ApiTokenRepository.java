package io.tinyfleet.server.access;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

@ApplicationScoped
class ApiTokenRepository implements PanacheRepositoryBase<ApiTokenEntity, UUID> {
    Optional<ApiTokenEntity> findByHash(byte[] hash) {
        return find("tokenHash", (Object) hash).firstResultOptional();
    }

    List<ApiTokenEntity> newestFirst() {
        return listAll(Sort.descending("createdAt", "id"));
    }
}
