package io.tinyfleet.server.model;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobTooLargeException;
import io.tinyfleet.server.platform.Home;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A body on its way in: written to a file of its own while it arrives, never held in memory, and gone when it is closed.
 * It reaches the blob store only after somebody has looked into it. Owned by one request.
 */
final class UploadedFile implements AutoCloseable {
    private static final int COPY_BYTES = 64 * 1024;

    private final Path file;
    private final Digest sha256;
    private final long size;

    private UploadedFile(Path file, Digest sha256, long size) {
        this.file = file;
        this.sha256 = sha256;
        this.size = size;
    }

    static Path folderIn(Home home) {
        return home.root().resolve("uploads");
    }

    static UploadedFile receive(InputStream body, long maxBytes, Path folder) throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = Files.createTempFile(folder, "upload-", ".part");
        try {
            Digest.Hasher hasher = Digest.hasher();
            long size = 0;
            byte[] buffer = new byte[COPY_BYTES];
            try (OutputStream out = Files.newOutputStream(file)) {
                for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                    if (read > maxBytes - size) {
                        throw new BlobTooLargeException(maxBytes);
                    }
                    out.write(buffer, 0, read);
                    hasher.update(buffer, 0, read);
                    size += read;
                }
            }
            return new UploadedFile(file, hasher.digest(), size);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    Path file() {
        return file;
    }

    Digest sha256() {
        return sha256;
    }

    long size() {
        return size;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
