package io.tinyfleet.server.model;

import io.quarkus.hibernate.orm.panache.PanacheRepository;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
class AliasChangeRepository implements PanacheRepository<AliasChangeEntity> {
    /** Newest first. */
    List<AliasChangeEntity> listOf(String model, String alias, int limit) {
        return find("model = ?1 and alias = ?2 order by id desc", model, alias)
                .page(0, limit)
                .list();
    }

    /** The number of the alias's last move, also when it has been removed since; 0 when there was none. */
    long lastRevision(String model, String alias) {
        return listOf(model, alias, 1).stream()
                .mapToLong(AliasChangeEntity::revision)
                .findFirst()
                .orElse(0);
    }
}
