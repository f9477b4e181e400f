package io.tinyfleet.registry.blob;

import java.io.IOException;

/** A stream with more bytes than its place allows. Nothing of it is kept. */
public final class BlobTooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long maxBytes;

    /** The limit that was passed. */
    public BlobTooLargeException(long maxBytes) {
        super("at most " + maxBytes + " bytes are taken here, the content has more");
        this.maxBytes = maxBytes;
    }

    /** The limit, in bytes. */
    public long maxBytes() {
        return maxBytes;
    }
}
