package io.tinyfleet.agent.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One worker's folder: its working and temporary folder, log, crash report and, until it has connected, the socket.
 * Readable by the agent's user only, which is what guards the socket. Gone with the worker.
 */
final class RunFolder {

    /** {@code sun_path} of unix(7) holds 108 bytes with the closing zero. */
    private static final int MAX_SOCKET_PATH_BYTES = 107;

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int LOG_TAIL_BYTES = 400;

    private final Path folder;
    private final Path socketFolder;

    private RunFolder(Path folder, Path socketFolder) {
        this.folder = folder;
        this.socketFolder = socketFolder;
    }

    static RunFolder create(Path run) throws IOException {
        Files.createDirectories(run);
        Path folder = Files.createTempDirectory(run, "worker-", OWNER_ONLY);
        Files.createDirectory(folder.resolve("tmp"));
        boolean fits = folder.resolve("s").toString().getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_PATH_BYTES;
        // A home too deep for a socket's address: the socket stands in the system's temporary folder until the
        // worker has connected.
        return new RunFolder(folder, fits ? folder : Files.createTempDirectory("tinyfleet-", OWNER_ONLY));
    }

    /** Removes what a killed agent left behind. */
    static void clear(Path run) throws IOException {
        deleteTree(run);
        Files.createDirectories(run);
    }

    /** The folder, emptied; on a disk that takes no writes one in the system's temporary folder. */
    static Path clearOrElsewhere(Path run) throws IOException {
        try {
            clear(run);
            Files.delete(Files.createTempFile(run, "probe", ""));
            return run;
        } catch (IOException e) {
            return Files.createTempDirectory("tinyfleet-run-", OWNER_ONLY);
        }
    }

    Path folder() {
        return folder;
    }

    Path temporary() {
        return folder.resolve("tmp");
    }

    Path log() {
        return folder.resolve("log");
    }

    Path socket() {
        return socketFolder.resolve("s");
    }

    /** The last line the worker wrote, to be shown to people; empty if there is none. */
    String lastLogLine() {
        try (var log = java.nio.channels.FileChannel.open(log())) {
            var tail = java.nio.ByteBuffer.allocate((int) Math.min(LOG_TAIL_BYTES, log.size()));
            log.read(tail, log.size() - tail.capacity());
            String text = new String(tail.array(), StandardCharsets.UTF_8).strip();
            return text.substring(text.lastIndexOf('\n') + 1);
        } catch (IOException e) {
            return "";
        }
    }

    void deleteSocket() throws IOException {
        Files.deleteIfExists(socket());
        if (!socketFolder.equals(folder)) {
            Files.deleteIfExists(socketFolder);
        }
    }

    void delete() throws IOException {
        deleteSocket();
        deleteTree(folder);
    }

    /** Links are removed, not followed. */
    static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        Files.walkFileTree(tree, Set.of(), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                // Gone already: a worker may still be tidying up after itself.
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
