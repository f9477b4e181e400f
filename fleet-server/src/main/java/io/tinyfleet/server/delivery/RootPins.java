package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobPins;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.HashSet;
import java.util.Set;

/**
 * Signed metadata in force: the root, the list of live releases and the floors, as devices fetch them by the digests in
 * their desired documents. Lists of before are named by documents that are still good, so those stay as well.
 */
@ApplicationScoped
class RootPins implements BlobPins {
    private final TrustKeys keys;
    private final TrustRepository repository;

    RootPins(TrustKeys keys, TrustRepository repository) {
        this.keys = keys;
        this.repository = repository;
    }

    @Override
    public String holder() {
        return "signed metadata";
    }

    @Override
    @Transactional
    public Set<Digest> pinned() {
        Set<Digest> pinned = new HashSet<>(repository.metadataBlobs());
        pinned.add(keys.rootDigest());
        return pinned;
    }
}
