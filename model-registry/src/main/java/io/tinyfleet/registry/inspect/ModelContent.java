package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.registry.blob.BlobHandle;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes of a model file, read in pieces at any place. Owned by one thread; the one who opened it closes it. */
interface ModelContent extends AutoCloseable {
    /** In bytes. */
    long size();

    /** Exactly {@code length} bytes from {@code offset} on; the caller has checked that they are inside the file. */
    byte[] read(long offset, int length) throws IOException;

    /** All of it from the start; the caller closes the stream. */
    InputStream open() throws IOException;

    @Override
    void close() throws IOException;

    static ModelContent of(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        long size = channel.size();
        return new ModelContent() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                ByteBuffer piece = ByteBuffer.allocate(length);
                while (piece.hasRemaining()) {
                    if (channel.read(piece, offset + piece.position()) < 0) {
                        throw new EOFException(file + " became shorter than its " + size + " bytes while it was read");
                    }
                }
                return piece.array();
            }

            @Override
            public InputStream open() throws IOException {
                return java.nio.file.Files.newInputStream(file);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    static ModelContent of(BlobHandle blob) {
        return new ModelContent() {
            @Override
            public long size() {
                return blob.size();
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                return blob.read(offset, length);
            }

            @Override
            public InputStream open() throws IOException {
                return blob.open();
            }

            @Override
            public void close() {
                // A handle holds nothing open.
            }
        };
    }

    static ModelContent of(BaseBytes file) {
        return new ModelContent() {
            @Override
            public long size() {
                return file.size();
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                byte[] piece = new byte[length];
                file.read(offset, piece, 0, length);
                return piece;
            }

            @Override
            public InputStream open() {
                return new BaseStream(file);
            }

            @Override
            public void close() {
                // The owner closes the file.
            }
        };
    }

    /** A file from its start to its end. */
    final class BaseStream extends InputStream {
        private final BaseBytes file;
        private long at;

        BaseStream(BaseBytes file) {
            this.file = file;
        }

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
    }
}
