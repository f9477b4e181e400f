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
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A {@link BlobStore} in a folder: {@code ab/cdef…} for the digest {@code abcdef…}, and {@code incoming/} for what is
 * still being written. File names come from digests alone, never from outside. The folder belongs to one process.
 */
public final class FileBlobStore implements BlobStore {
    private static final int FOLDER_CHARACTERS = 2;

    private final Path root;
    private final Path incoming;
    /** Held while a file comes to its place or leaves it, so that a fresh one is never taken for an old one. */
    private final Object places = new Object();

    /**
     * Opens the folder, made if need be, and clears away what a crash left half written.
     *
     * @throws IOException when the folder cannot be made, read or cleared
     */
    public FileBlobStore(Path root) throws IOException {
        this.root = root;
        this.incoming = root.resolve("incoming");
        LeftBehind.clear(incoming);
        force(root);
    }

    @Override
    public Stored put(InputStream content, long maxBytes) throws IOException {
        Path temporary = Files.createTempFile(incoming, "put-", ".part");
        try {
            ReceivedFile received = ReceivedFile.receive(content, maxBytes, temporary);
            boolean fresh = !Files.exists(fileOf(received.digest()));
            moveIntoPlace(temporary, received.digest());
            return new Stored(received.digest(), received.size(), fresh);
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

    @Override
    public void forEach(Consumer<StoredBlob> visitor) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
            for (Path folder : folders) {
                if (!folder.equals(incoming)) {
                    visit(folder, visitor);
                }
            }
        }
    }

    @Override
    public boolean deleteIfStoredBefore(Digest digest, Instant cutoff) throws IOException {
        Path file = fileOf(digest);
        synchronized (places) {
            try {
                if (!Files.getLastModifiedTime(file).toInstant().isBefore(cutoff)) {
                    return false;
                }
                Files.delete(file);
                return true;
            } catch (NoSuchFileException e) {
                // Somebody else removed it.
                return false;
            }
        }
    }

    private static void visit(Path folder, Consumer<StoredBlob> visitor) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, Files::isRegularFile)) {
            for (Path file : files) {
                Optional<Digest> digest = digestOf(folder, file);
                if (digest.isEmpty()) {
                    continue;
                }
                try {
                    visitor.accept(new StoredBlob(
                            digest.get(),
                            Files.size(file),
                            Files.getLastModifiedTime(file).toInstant()));
                } catch (NoSuchFileException e) {
                    // Gone between the two looks: it is not held.
                    continue;
                }
            }
        }
    }

    /** What has no digest for a name was not put here by this class, and is left alone. */
    private static Optional<Digest> digestOf(Path folder, Path file) {
        try {
            return Optional.of(Digest.parse("" + folder.getFileName() + file.getFileName()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Also over a file that is there already: the bytes are the same, and a rotten copy is healed. */
    private void moveIntoPlace(Path temporary, Digest digest) throws IOException {
        Path file = fileOf(digest);
        Path folder = root.resolve(file.getParent());
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            force(root);
        }
        synchronized (places) {
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        }
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
