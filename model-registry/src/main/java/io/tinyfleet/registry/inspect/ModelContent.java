package io.tinyfleet.registry.inspect;

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
}
