package io.tinyfleet.server.model;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;

/** The releases of a model that devices will be asked to run next. */
@ApplicationScoped
public class NewestReleases {
    private final ReleaseRepository repository;

    NewestReleases(ReleaseRepository repository) {
        this.repository = repository;
    }

    /** Newest first, at most {@code limit}. */
    @Transactional
    public List<ReleaseView> of(String model, int limit) {
        return repository.listOf(model, limit).stream()
                .map(ReleaseEntity::toView)
                .toList();
    }
}
