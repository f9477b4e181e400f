package io.tinyfleet.protocol.delta;

import java.io.IOException;

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
}
