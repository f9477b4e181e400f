package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A base in a file. Read by position instead of mapped: a file that shrinks or rots under a mapping kills the process,
 * here it is an exception.
 */
public final class BaseFile implements BaseBytes, AutoCloseable {
    private final FileChannel channel;
    private final long size;
    private final Optional<Digest> verified;

    private BaseFile(FileChannel channel, long size, Optional<Digest> verified) {
        this.channel = channel;
        this.size = size;
        this.verified = verified;
    }

    /** Opens the file for reading; to be closed. */
    public static BaseFile open(Path file) throws IOException {
        return open(file, Optional.empty());
    }

    /** Opens a file that the caller has hashed already. */
    public static BaseFile openVerified(Path file, Digest digest) throws IOException {
        return open(file, Optional.of(digest));
    }

    private static BaseFile open(Path file, Optional<Digest> verified) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new BaseFile(channel, channel.size(), verified);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, byte[] into, int from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, from, length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position() - from) < 0) {
                throw new EOFException("the base ends before byte " + (offset + length) + ", it had " + size);
            }
        }
    }

    @Override
    public Optional<Digest> verifiedDigest() {
        return verified;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
