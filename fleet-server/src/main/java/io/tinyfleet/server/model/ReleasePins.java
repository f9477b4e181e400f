package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobPins;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.Set;

/** Envelopes of releases, withdrawn ones too: devices may run them. Their files are artifacts. */
@ApplicationScoped
class ReleasePins implements BlobPins {
    private final ReleaseRepository repository;

    ReleasePins(ReleaseRepository repository) {
        this.repository = repository;
    }

    @Override
    public String holder() {
        return "releases";
    }

    @Override
    @Transactional
    public Set<Digest> pinned() {
        return repository.envelopes();
    }
}
