package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobPins;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** The root document in force: devices fetch it by the digest in their desired document. */
@ApplicationScoped
class RootPins implements BlobPins {
    private final TrustKeys keys;

    RootPins(TrustKeys keys) {
        this.keys = keys;
    }

    @Override
    public String holder() {
        return "roots";
    }

    @Override
    public Set<Digest> pinned() {
        return Set.of(keys.rootDigest());
    }
}
