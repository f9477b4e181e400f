package io.tinyfleet.protocol.chunk;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * The SHA-256 of every chunk of a blob, in order. As bytes it is their concatenation, 32 bytes a chunk, and is itself a
 * blob, verified as a whole by its digest. All chunks have the same length but the last, which has what is left.
 * Immutable.
 */
public final class ChunkList {
    private final byte[] hashes;
    private final long blobSize;
    private final int chunkBytes;

    private ChunkList(byte[] hashes, long blobSize, int chunkBytes) {
        this.hashes = hashes;
        this.blobSize = blobSize;
        this.chunkBytes = chunkBytes;
    }

    /**
     * Cuts a file.
     *
     * @throws IllegalArgumentException when it is empty or would have more chunks than a list may hold
     */
    public static ChunkList of(Path file, int chunkBytes) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return of(in, chunkBytes);
        }
    }

    /**
     * Cuts what the stream holds; the stream stays open. One chunk is in memory at a time.
     *
     * @throws IllegalArgumentException when it is empty or would have more chunks than a list may hold
     */
    public static ChunkList of(InputStream in, int chunkBytes) throws IOException {
        requireChunkBytes(chunkBytes);
        ByteArrayOutputStream hashes = new ByteArrayOutputStream();
        long size = 0;
        byte[] chunk = new byte[chunkBytes];
        for (int read = in.readNBytes(chunk, 0, chunkBytes); read > 0; read = in.readNBytes(chunk, 0, chunkBytes)) {
            if (hashes.size() >= Limits.MAX_CHUNK_LIST_BYTES) {
                throw new IllegalArgumentException(tooManyChunks());
            }
            hashes.write(Digest.hasher().update(chunk, 0, read).digest().toByteArray());
            size += read;
        }
        if (size == 0) {
            throw new IllegalArgumentException("an empty blob has no chunks");
        }
        return new ChunkList(hashes.toByteArray(), size, chunkBytes);
    }

    /**
     * Reads a chunk list whose digest has been verified.
     *
     * @throws IllegalArgumentException when its length is not 32 bytes for each chunk of a blob of that size
     */
    public static ChunkList parse(byte[] bytes, long blobSize, int chunkBytes) {
        requireChunkBytes(chunkBytes);
        if (blobSize < 1) {
            throw new IllegalArgumentException("a blob has at least 1 byte, got " + blobSize);
        }
        if (bytes.length > Limits.MAX_CHUNK_LIST_BYTES) {
            throw new IllegalArgumentException(tooManyChunks());
        }
        long chunks = (blobSize - 1) / chunkBytes + 1;
        if (bytes.length % Digest.BYTES != 0 || bytes.length / Digest.BYTES != chunks) {
            throw new IllegalArgumentException("a blob of " + blobSize + " bytes in chunks of " + chunkBytes + " has "
                    + chunks + " chunks of 32 bytes each in its list, got " + bytes.length + " bytes");
        }
        return new ChunkList(bytes.clone(), blobSize, chunkBytes);
    }

    /** The list as a blob. */
    public byte[] toByteArray() {
        return hashes.clone();
    }

    /** The number of chunks, at least 1. */
    public int count() {
        return hashes.length / Digest.BYTES;
    }

    /** Bytes of the whole blob. */
    public long blobSize() {
        return blobSize;
    }

    /** Bytes of that chunk. */
    public int lengthOf(int index) {
        return (int) Math.min(chunkBytes, blobSize - offsetOf(index));
    }

    /** Where that chunk begins in the blob. */
    public long offsetOf(int index) {
        return (long) Objects.checkIndex(index, count()) * chunkBytes;
    }

    /** The digest of that chunk. */
    public Digest digestOf(int index) {
        int from = Objects.checkIndex(index, count()) * Digest.BYTES;
        return Digest.fromBytes(Arrays.copyOfRange(hashes, from, from + Digest.BYTES));
    }

    /** These bytes are that chunk: right index, right length, right hash. An index outside the blob never matches. */
    public boolean matches(int index, byte[] chunk) {
        return index >= 0
                && index < count()
                && chunk.length == lengthOf(index)
                && Digest.of(chunk).equals(digestOf(index));
    }

    private static void requireChunkBytes(int chunkBytes) {
        if (chunkBytes < 1 || chunkBytes > Limits.CHUNK_BYTES) {
            throw new IllegalArgumentException("a chunk has 1.." + Limits.CHUNK_BYTES + " bytes, got " + chunkBytes);
        }
    }

    private static String tooManyChunks() {
        return "a chunk list has at most " + Limits.MAX_CHUNK_LIST_BYTES + " bytes, "
                + Limits.MAX_CHUNK_LIST_BYTES / Digest.BYTES + " chunks";
    }
}
