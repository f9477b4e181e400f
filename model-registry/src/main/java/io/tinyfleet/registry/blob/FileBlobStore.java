package io.tinyfleet.registry.blob;

import io.tinyfleet.protocol.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A {@link BlobStore} in a folder: {@code ab/cdef…} for the digest {@code abcdef…}, and {@code incoming/} for what is
 * still being written. File names come from digests alone, never from outside. The folder belongs to one process.
 */
public final class FileBlobStore implements BlobStore {
    private static final int COPY_BYTES = 64 * 1024;
    private static final int FOLDER_CHARACTERS = 2;

    private final Path root;
    private final Path incoming;

    /**
     * Opens the folder, made if need be, and clears away what a crash left half written.
     *
     * @throws IOException when the folder cannot be made, read or cleared
     */
    public FileBlobStore(Path root) throws IOException {
        this.root = root;
        this.incoming = root.resolve("incoming");
        Files.createDirectories(incoming);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(incoming)) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        force(root);
    }

    @Override
    public Stored put(InputStream content, long maxBytes) throws IOException {
        Path temporary = Files.createTempFile(incoming, "put-", ".part");
        try {
            Stored stored = write(content, maxBytes, temporary);
            moveIntoPlace(temporary, stored.digest());
            return stored;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Override
    public Optional<BlobHandle> find(Digest digest) {
        Path file = fileOf(digest);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new FileBlob(digest, file, Files.size(file)));
        } catch (NoSuchFileException e) {
            // Gone between the two looks: it is not held.
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look at blob " + digest.shortHex(), e);
        }
    }

    private Stored write(InputStream content, long maxBytes, Path temporary) throws IOException {
        Digest.Hasher hasher = Digest.hasher();
        long size = 0;
        byte[] buffer = new byte[COPY_BYTES];
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
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
        Digest digest = hasher.digest();
        return new Stored(digest, size, !Files.exists(fileOf(digest)));
    }

    /** Also over a file that is there already: the bytes are the same, and a rotten copy is healed. */
    private void moveIntoPlace(Path temporary, Digest digest) throws IOException {
        Path file = fileOf(digest);
        Path folder = root.resolve(file.getParent());
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            force(root);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        force(folder);
    }

    private Path fileOf(Digest digest) {
        String hex = digest.hex();
        return root.resolve(hex.substring(0, FOLDER_CHARACTERS)).resolve(hex.substring(FOLDER_CHARACTERS));
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private record FileBlob(Digest digest, Path file, long size) implements BlobHandle {
        @Override
        public byte[] read(long offset, int length) throws IOException {
            if (offset < 0 || offset > size || length < 0) {
                throw new IndexOutOfBoundsException(
                        "no " + length + " bytes at " + offset + " in a blob of " + size + " bytes");
            }
            ByteBuffer piece = ByteBuffer.allocate((int) Math.min(length, size - offset));
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                while (piece.hasRemaining()) {
                    if (channel.read(piece, offset + piece.position()) < 0) {
                        throw new EOFException("blob " + digest.shortHex() + " is shorter than its " + size + " bytes");
                    }
                }
            }
            return piece.array();
        }

        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(file);
        }
    }
}
