package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A stream that was written to a file and flushed.
 *
 * @param size in bytes
 */
record ReceivedFile(Digest digest, long size) {
    private static final int COPY_BYTES = 64 * 1024;

    static ReceivedFile receive(InputStream content, long maxBytes, Path file) throws IOException {
        Digest.Hasher hasher = Digest.hasher();
        long size = 0;
        byte[] buffer = new byte[COPY_BYTES];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                if (read > maxBytes - size) {
                    throw new BlobTooLargeException(maxBytes);
                }
                ByteBuffer left = ByteBuffer.wrap(buffer, 0, read);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                hasher.update(buffer, 0, read);
                size += read;
            }
            channel.force(true);
        }
        return new ReceivedFile(hasher.digest(), size);
    }
}
