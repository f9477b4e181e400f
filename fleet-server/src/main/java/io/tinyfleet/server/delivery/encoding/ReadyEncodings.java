package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;

/** What may be offered now. Never waits for what is being made. */
@ApplicationScoped
public class ReadyEncodings {
    private final EncodingRows rows;

    ReadyEncodings(EncodingRows rows) {
        this.rows = rows;
    }

    /** Ways to the target for a device that holds these bases. */
    public List<ReadyEncoding> find(Digest target, Collection<Digest> bases) {
        return rows.ready(target, bases);
    }
}
