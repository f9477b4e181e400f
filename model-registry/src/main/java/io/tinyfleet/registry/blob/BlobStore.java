package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Keeps bytes by their SHA-256. Any thread may call it. */
public interface BlobStore {
    /**
     * Stores what the stream holds, as a stream; it stays open. When this returns, the blob survives a power cut; when it
     * throws, nothing of it is kept. The same content twice is one blob.
     *
     * @param maxBytes the most that is taken
     * @throws BlobTooLargeException when there is more
     * @throws IOException when reading or storing fails
     */
    Stored put(InputStream content, long maxBytes) throws IOException;

    /** The blob of that name, if it is held. */
    Optional<BlobHandle> find(Digest digest);

    /**
     * Tells of every blob, in no order; one that comes or goes meanwhile may be told of or not.
     *
     * @throws IOException when the store cannot be listed to its end
     */
    void forEach(Consumer<StoredBlob> visitor) throws IOException;

    /**
     * Removes a blob that was not put again since: the time is looked at anew.
     *
     * @return whether it was removed
     * @throws IOException when it cannot be removed
     */
    boolean deleteIfStoredBefore(Digest digest, Instant cutoff) throws IOException;
}
