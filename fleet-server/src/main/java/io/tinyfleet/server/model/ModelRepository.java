package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;

@ApplicationScoped
class ModelRepository implements PanacheRepositoryBase<ModelEntity, String> {
    /** Until the transaction ends nobody else makes a release of this model. */
    Optional<ModelEntity> lock(String name) {
        return findByIdOptional(name, LockModeType.PESSIMISTIC_WRITE);
    }

    List<ModelEntity> listByName(int limit) {
        return findAll(Sort.by("name")).page(0, limit).list();
    }
}
