package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.registry.blob.BlobHandle;
import java.io.EOFException;
import java.io.IOException;

/** A stored blob as the codec reads it. */
public record BlobBytes(BlobHandle blob) implements BaseBytes {
    @Override
    public long size() {
        return blob.size();
    }

    @Override
    public void read(long offset, byte[] into, int from, int length) throws IOException {
        byte[] piece = blob.read(offset, length);
        if (piece.length < length) {
            throw new EOFException("blob " + blob.digest().shortHex() + " ends before byte " + (offset + length));
        }
        System.arraycopy(piece, 0, into, from, length);
    }
}
