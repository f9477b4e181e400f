package io.tinyfleet.server.model;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Optional;

/** Writes the row of a file whose bytes are stored. */
@ApplicationScoped
class RegisterArtifact {
    private final ArtifactRepository repository;

    RegisterArtifact(ArtifactRepository repository) {
        this.repository = repository;
    }

    /** Two uploads of the same file at once: the first row stands, and both are told of it. */
    @Transactional
    StoreArtifact.Outcome register(ArtifactView artifact, String by) {
        repository.lockDigest(artifact.sha256());
        Optional<ArtifactView> known = repository.find(artifact.sha256());
        if (known.isPresent()) {
            return new StoreArtifact.Outcome(known.get(), false);
        }
        repository.add(artifact, by);
        return new StoreArtifact.Outcome(artifact, true);
    }
}
