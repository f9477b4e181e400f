package io.tinyfleet.server.rollout;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;

/** Removes plans that nobody started. */
@ApplicationScoped
class DroppedDrafts {
    private final RolloutRepository repository;
    private final RolloutConfig config;
    private final InstantSource clock;

    DroppedDrafts(RolloutRepository repository, RolloutConfig config, InstantSource clock) {
        this.repository = repository;
        this.config = config;
        this.clock = clock;
    }

    @Transactional
    int drop() {
        return repository.deleteDraftsBefore(clock.instant().minus(config.draftsKept()));
    }
}
