package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

@ApplicationScoped
class AliasRepository implements PanacheRepositoryBase<AliasEntity, AliasEntity.Key> {
    Optional<AliasEntity> find(String model, String alias) {
        return findByIdOptional(new AliasEntity.Key(model, alias));
    }

    List<AliasEntity> listOf(String model) {
        return list("model = ?1 order by alias", model);
    }

    /** Names that point to a release. */
    List<String> namesOf(UUID release) {
        return list("release = ?1 order by alias", release).stream()
                .map(AliasEntity::alias)
                .toList();
    }

    long countOf(String model) {
        return count("model", model);
    }
}
