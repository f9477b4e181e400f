package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.Optional;

@ApplicationScoped
class StoredReleases implements ReleaseDirectory {
    private final ReleaseRepository repository;
    private final InstantSource clock;

    StoredReleases(ReleaseRepository repository, InstantSource clock) {
        this.repository = repository;
        this.clock = clock;
    }

    @Override
    @Transactional
    public Optional<ReleaseView> find(ReleaseId id) {
        return repository.findByIdOptional(id.value()).map(ReleaseEntity::toView);
    }

    @Override
    @Transactional
    public Optional<ReleaseView> find(String model, String version) {
        return repository.findVersion(model, version).map(ReleaseEntity::toView);
    }

    @Override
    public ReleaseView getRelease(ReleaseId id) {
        return find(id).orElseThrow(() -> Problem.notFound("release", id));
    }

    @Override
    @Transactional
    public void markUsed(ReleaseId id) {
        repository
                .findByIdOptional(id.value())
                .orElseThrow(() -> Problem.notFound("release", id))
                .markUsed(clock.instant());
    }
}
