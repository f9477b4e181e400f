package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobPins;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Deltas and compressed files that may be offered, with their chunk lists: signed documents name them. */
@ApplicationScoped
class EncodingPins implements BlobPins {
    private final EncodingRows rows;

    EncodingPins(EncodingRows rows) {
        this.rows = rows;
    }

    @Override
    public String holder() {
        return "encodings";
    }

    @Override
    public Set<Digest> pinned() {
        return rows.blobs();
    }
}
