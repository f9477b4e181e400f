package io.tinyfleet.agent.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log on the disk: {@code agent.log} and up to {@link #OLDER} older files, {@code agent.log.1} the newest of them,
 * all together never above a number of bytes. A disk that takes nothing costs lines, never the agent: they are counted,
 * and the count is the first line that goes in again. Lines are not flushed to the medium: after a power cut the last
 * ones may be missing. What comes after {@link #close} is not kept. Thread-safe.
 */
public final class LogFiles implements Closeable {
    /** Files beside the one that is written. */
    static final int OLDER = 3;

    static final String NAME = "agent.log";

    private final Path folder;
    private final long fileBytes;
    private @Nullable OutputStream out;
    private long written;
    private long lost;
    private boolean closed;

    private LogFiles(Path folder, long fileBytes) {
        this.folder = folder;
        this.fileBytes = fileBytes;
    }

    /** Goes on where the last run stopped. {@code maxBytes} is for all files together. */
    public static LogFiles open(Path folder, long maxBytes) {
        return new LogFiles(folder, Math.max(1, maxBytes / (OLDER + 1)));
    }

    /** Those that are there, oldest first: what a reader reads. */
    public static List<Path> files(Path folder) {
        List<Path> files = new ArrayList<>();
        for (int age = OLDER; age >= 1; age--) {
            files.add(older(folder, age));
        }
        files.add(folder.resolve(NAME));
        return files.stream().filter(Files::isRegularFile).toList();
    }

    private static Path older(Path folder, int age) {
        return folder.resolve(NAME + "." + age);
    }

    /** One event, or several lines that belong to one. {@code time} begins every line of the log. */
    synchronized void write(String time, String line) {
        if (closed) {
            return;
        }
        try {
            if (lost > 0) {
                append(time + " WARN log lines-lost count=" + lost);
                lost = 0;
            }
            append(line);
        } catch (IOException e) {
            // There is nowhere to tell but standard error, which has the line already.
            lost++;
            closeQuietly();
        }
    }

    private void append(String line) throws IOException {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        if (out == null) {
            out = begin();
        }
        if (written > 0 && written + bytes.length > fileBytes) {
            closeQuietly();
            rotate();
            out = begin();
        }
        out.write(bytes);
        written += bytes.length;
    }

    private OutputStream begin() throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(NAME);
        written = Files.exists(file) ? Files.size(file) : 0;
        return Files.newOutputStream(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    private void rotate() throws IOException {
        Files.deleteIfExists(older(folder, OLDER));
        for (int age = OLDER - 1; age >= 1; age--) {
            if (Files.exists(older(folder, age))) {
                Files.move(older(folder, age), older(folder, age + 1), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        Files.move(folder.resolve(NAME), older(folder, 1), StandardCopyOption.ATOMIC_MOVE);
    }

    private void closeQuietly() {
        OutputStream open = out;
        out = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            // Nothing is buffered here, so nothing is lost by it.
            written = 0;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeQuietly();
    }
}
