package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobPins;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Set;

/** Uploaded files and their chunk lists. */
@ApplicationScoped
class ArtifactPins implements BlobPins {
    private final ArtifactRepository repository;

    ArtifactPins(ArtifactRepository repository) {
        this.repository = repository;
    }

    @Override
    public String holder() {
        return "artifacts";
    }

    @Override
    @Transactional
    public Set<Digest> pinned() {
        return repository.pinned();
    }
}
