package io.tinyfleet.server.model;

import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.server.platform.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

@ApplicationScoped
class StoredReleases implements ReleaseDirectory, LiveReleases {
    /** All of them are named in one signed list. */
    static final int MAX_LIVE = 5_000;

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
    @Transactional
    public List<LiveRelease> listAlive() {
        return repository.listAlive();
    }

    @Override
    public ReleaseView getRelease(ReleaseId id) {
        return find(id).orElseThrow(() -> Problem.notFound("release", id));
    }

    @Override
    @Transactional
    public List<ReleaseView> listLive() {
        List<ReleaseEntity> live = repository.listLive(MAX_LIVE + 1);
        if (live.size() > MAX_LIVE) {
            throw new IllegalStateException(
                    "more than " + MAX_LIVE + " releases are live; withdraw those that nobody needs");
        }
        return live.stream().map(ReleaseEntity::toView).toList();
    }

    @Override
    @Transactional
    public boolean isLive(ReleaseId id) {
        return repository.findByIdOptional(id.value()).map(ReleaseEntity::live).orElse(false);
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
