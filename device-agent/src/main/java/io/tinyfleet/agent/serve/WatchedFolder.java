package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Pictures that somebody else puts into a folder, a camera's program for one: each once, the oldest first. A picture
 * counts as finished when its size and time have not changed between two looks; one that changes later is a new one.
 * Read by one thread; {@link #close} may come from another.
 */
public final class WatchedFolder implements ImageSource {
    /** More files are not looked at: somebody has to tidy up. */
    static final int MAX_FILES = 10_000;

    private static final EventLog LOG = EventLog.of("serve");
    private static final Duration LOOK = Duration.ofMillis(500);

    private final String name;
    private final Settings settings;
    private final Bookmark bookmark;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    /** What was seen at the last look and is not known to be finished. */
    private Map<Path, Seen> unsettled = new HashMap<>();

    /** What is in the folder and was taken, or was there before the first start. */
    private Map<Path, Seen> done = new HashMap<>();

    private final NavigableSet<Picture> waiting = new TreeSet<>(
            Comparator.comparing((Picture picture) -> picture.seen().modified())
                    .thenComparing(picture -> picture.file().getFileName().toString()));
    private boolean first = true;
    private volatile long dropped;
    private volatile long unusable;
    private volatile boolean closed;

    /**
     * How a folder is watched.
     *
     * @param deletes whether a picture is deleted when it was taken
     * @param backlog pictures that may wait; beyond, the oldest are passed over
     * @param patience how long nothing may come before it is said
     */
    public record Settings(Path folder, boolean deletes, int backlog, Duration patience) {}

    private record Seen(long size, FileTime modified) {}

    private record Picture(Path file, Seen seen) {}

    private WatchedFolder(String name, Settings settings, Bookmark bookmark) {
        this.name = name;
        this.settings = settings;
        this.bookmark = bookmark;
    }

    /** @param mark file that remembers how far it has come, over restarts */
    public static WatchedFolder open(String name, Settings settings, Path mark) {
        return new WatchedFolder(name, settings, Bookmark.read(mark));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public long dropped() {
        return dropped;
    }

    @Override
    public long unusable() {
        return unusable;
    }

    @Override
    public Image next() throws IOException {
        long deadline = System.nanoTime() + settings.patience().toNanos();
        while (!closed) {
            look();
            Picture picture = waiting.pollFirst();
            if (picture != null) {
                return take(picture);
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new SourceStalledException("no new picture in " + settings.folder() + " for "
                        + settings.patience().toSeconds() + " s");
            }
            rest();
        }
        throw new SourceStalledException("the slot is closed");
    }

    private void rest() throws SourceStalledException {
        lock.lock();
        try {
            if (!closed && ended.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceStalledException("the slot was interrupted");
        } finally {
            lock.unlock();
        }
    }

    private Image take(Picture picture) throws IOException {
        String file = picture.file().toString();
        try {
            if (picture.seen().size() > ImageFile.MAX_FILE_BYTES) {
                throw new SourceException(file + " is larger than " + ImageFile.MAX_FILE_BYTES + " bytes");
            }
            return ImageFile.decode(file, Files.readAllBytes(picture.file()));
        } catch (NoSuchFileException e) {
            dropped++;
            throw new SourceStalledException(file + " went away before it was read");
        } catch (IOException e) {
            // One bad picture is no reason to give the folder up.
            unusable++;
            throw new SourceStalledException("a picture cannot be used: " + e.getMessage());
        } finally {
            leave(picture);
        }
    }

    /** It is not looked at again. */
    private void leave(Picture picture) {
        bookmark.moveTo(picture.seen().modified(), fileName(picture.file()));
        if (settings.deletes()) {
            try {
                Files.deleteIfExists(picture.file());
            } catch (IOException e) {
                LOG.warn("picture-not-deleted", "file", picture.file(), "reason", String.valueOf(e.getMessage()));
            }
        }
    }

    // ---- looking

    private void look() throws SourceStalledException {
        Map<Path, Seen> here = here();
        Map<Path, Seen> changing = new HashMap<>();
        Map<Path, Seen> known = new HashMap<>();
        here.forEach((file, seen) -> {
            if (seen.equals(done.get(file)) || (first && isOld(file, seen))) {
                known.put(file, seen);
            } else if (seen.size() > 0 && seen.equals(unsettled.get(file))) {
                known.put(file, seen);
                waiting.add(new Picture(file, seen));
            } else {
                changing.put(file, seen);
            }
        });
        first = false;
        done = known;
        unsettled = changing;
        while (waiting.size() > settings.backlog()) {
            dropped++;
            leave(waiting.pollFirst());
        }
    }

    /** At the start: what lay here before the agent has ever looked, and what it had taken when it ended. */
    private boolean isOld(Path file, Seen seen) {
        return bookmark.isFresh() || bookmark.covers(seen.modified(), fileName(file));
    }

    private Map<Path, Seen> here() throws SourceStalledException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(settings.folder())) {
            entries.filter(file ->
                            ImageFolderSource.isPicture(file) && !fileName(file).startsWith("."))
                    .limit(MAX_FILES + 1L)
                    .forEach(files::add);
        } catch (IOException e) {
            throw new SourceStalledException("the folder " + settings.folder() + " cannot be read: " + e);
        }
        if (files.size() > MAX_FILES) {
            throw new SourceStalledException("the folder " + settings.folder() + " holds more than " + MAX_FILES
                    + " pictures: remove old ones, or have them deleted when they were taken");
        }
        Map<Path, Seen> here = new HashMap<>();
        for (Path file : files) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                if (attributes.isRegularFile()) {
                    here.put(file, new Seen(attributes.size(), attributes.lastModifiedTime()));
                }
            } catch (IOException e) {
                // Renamed or deleted a moment ago.
                continue;
            }
        }
        return here;
    }

    private static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
        bookmark.store();
    }
}
