package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How far a watched folder was read, by a file's time and name. Written every few seconds at most: a power cut costs
 * some pictures that are taken once more, never one that is not taken. Thread-safe.
 */
final class Bookmark {
    private static final EventLog LOG = EventLog.of("serve");
    private static final long STORE_NANOS = Duration.ofSeconds(5).toNanos();

    private final Path file;
    private boolean fresh;
    private long micros;
    private String name;
    private boolean changed;
    private long storedAt = System.nanoTime() - STORE_NANOS;

    private Bookmark(Path file, boolean fresh, long micros, String name) {
        this.file = file;
        this.fresh = fresh;
        this.micros = micros;
        this.name = name;
    }

    /** One that cannot be read is one that is not there: then what lies in the folder is left alone. */
    static Bookmark read(Path file) {
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.size() >= 2) {
                return new Bookmark(file, false, Long.parseLong(lines.get(0)), lines.get(1));
            }
        } catch (IOException | NumberFormatException e) {
            LOG.warn("bookmark-not-read", "file", file, "reason", String.valueOf(e.getMessage()));
        }
        return new Bookmark(file, true, 0, "");
    }

    /** Nobody has ever read this folder. */
    synchronized boolean isFresh() {
        return fresh;
    }

    synchronized boolean covers(FileTime modified, String fileName) {
        long time = modified.to(TimeUnit.MICROSECONDS);
        return time < micros || (time == micros && fileName.compareTo(name) <= 0);
    }

    synchronized void moveTo(FileTime modified, String fileName) {
        if (!covers(modified, fileName)) {
            micros = modified.to(TimeUnit.MICROSECONDS);
            name = fileName;
        }
        fresh = false;
        changed = true;
        if (System.nanoTime() - storedAt >= STORE_NANOS) {
            store();
        }
    }

    synchronized void store() {
        if (!changed) {
            return;
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path aside = file.resolveSibling(file.getFileName() + ".tmp");
            Files.writeString(aside, micros + "\n" + name + "\n");
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            changed = false;
        } catch (IOException e) {
            LOG.warn("bookmark-not-stored", "file", file, "reason", String.valueOf(e.getMessage()));
        }
        storedAt = System.nanoTime();
    }
}
