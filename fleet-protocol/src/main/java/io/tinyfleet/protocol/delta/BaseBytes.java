package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.util.Optional;

/** The file that a patch starts from, read at any place. */
public interface BaseBytes {
    /** Bytes in it. */
    long size();

    /**
     * Reads exactly {@code length} bytes.
     *
     * @param offset of the first one; {@code offset + length} is at most {@link #size()}
     */
    void read(long offset, byte[] into, int from, int length) throws IOException;

    /** Of the whole file, when its owner has hashed it already: a decoder then need not do so again. */
    default Optional<Digest> verifiedDigest() {
        return Optional.empty();
    }
}
