package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;

/** A blob that is held. Holds no open file; any thread may call it. */
public interface BlobHandle {
    /** Its name. */
    Digest digest();

    /** Its bytes. */
    long size();

    /**
     * A piece of it: {@code length} bytes from {@code offset} on, or what is left up to the end.
     *
     * @throws IndexOutOfBoundsException when offset is not in 0..size or length is negative
     * @throws IOException when the content cannot be read or is shorter than {@link #size()}
     */
    byte[] read(long offset, int length) throws IOException;

    /** All of it, from the start; the caller closes the stream. */
    InputStream open() throws IOException;
}
