package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Optional;

@ApplicationScoped
class StoredArtifacts implements ArtifactDirectory {
    private final ArtifactRepository repository;

    StoredArtifacts(ArtifactRepository repository) {
        this.repository = repository;
    }

    @Override
    @Transactional
    public Optional<ArtifactView> find(Digest sha256) {
        return repository.find(sha256);
    }
}
