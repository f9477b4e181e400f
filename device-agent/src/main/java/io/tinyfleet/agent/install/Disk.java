package io.tinyfleet.agent.install;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The few things the agent does to files, so that a test can put a disk underneath that loses what was not flushed.
 *
 * <p>More methods than a port should have: fewer would hide the flushes, and the flushes are the point.
 */
public interface Disk {

    /** The whole of a small file; absent when there is none. */
    Optional<byte[]> read(Path file) throws IOException;

    /** Up to {@code length} bytes from {@code offset}; fewer at the end of the file. */
    byte[] read(Path file, long offset, int length) throws IOException;

    /** -1 when there is no such file. */
    long size(Path file) throws IOException;

    List<Path> list(Path directory) throws IOException;

    /** Writes in place, longer files stay longer; makes the file if there is none. Not on the medium before {@link #flush}. */
    void write(Path file, long offset, byte[] content) throws IOException;

    void truncate(Path file, long size) throws IOException;

    /** The file's content is on the medium when this returns. */
    void flush(Path file) throws IOException;

    /** New, moved and deleted names in the directory are on the medium when this returns. */
    void flushDirectory(Path directory) throws IOException;

    /** Replaces the target: a reader sees the old or the new, never a mix. */
    void moveAtomically(Path from, Path to) throws IOException;

    /** No matter whether it is there. */
    void delete(Path file) throws IOException;

    void createDirectories(Path directory) throws IOException;

    long freeBytes(Path directory) throws IOException;

    /** Temp file, flush, atomic move, flush of the directory: after a power cut the file is the old or the new one. */
    default void writeAtomic(Path file, byte[] content) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("no directory for " + file);
        }
        Path aside = directory.resolve(file.getFileName() + ".tmp");
        delete(aside);
        write(aside, 0, content);
        flush(aside);
        moveAtomically(aside, file);
        flushDirectory(directory);
    }
}
