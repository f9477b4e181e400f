package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import java.util.Optional;

/** One way to an artifact. Without a base it is the compressed file, with one a delta from it. */
public record EncodingKey(Digest target, Optional<Digest> base) {
    /** The word for it in the database and the API. */
    public String kind() {
        return base.isPresent() ? "TD1" : "ZSTD";
    }
}
