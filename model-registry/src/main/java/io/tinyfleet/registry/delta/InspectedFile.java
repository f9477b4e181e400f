package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.registry.blob.BlobHandle;
import java.io.IOException;
import java.io.InputStream;

/** Bytes under inspection, which reads at places and asks for no name. */
record InspectedFile(BaseBytes file) implements BlobHandle {
    @Override
    public Digest digest() {
        throw new UnsupportedOperationException("a file under inspection has no name");
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public byte[] read(long offset, int length) throws IOException {
        byte[] piece = new byte[(int) Math.min(length, file.size() - offset)];
        file.read(offset, piece, 0, piece.length);
        return piece;
    }

    @Override
    public InputStream open() {
        return new InputStream() {
            private long at;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                int count = (int) Math.min(length, file.size() - at);
                if (count <= 0) {
                    return length == 0 ? 0 : -1;
                }
                file.read(at, into, from, count);
                at += count;
                return count;
            }
        };
    }
}
