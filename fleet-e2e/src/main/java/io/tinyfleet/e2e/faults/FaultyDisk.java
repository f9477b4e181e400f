package io.tinyfleet.e2e.faults;

import io.tinyfleet.agent.install.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A real disk that ends its process before one chosen change. When the power goes it first takes back what was not
 * flushed: content as of the last flush of its file, names as of the last flush of their directory (POSIX promises no
 * more). Changes to the outbox are not counted, but they are taken back too. One agent's, for one life.
 */
final class FaultyDisk implements Disk {

    /** How the life ends; the first change is number 1. */
    enum Ending {
        /** At no change. */
        NONE,
        /** The process is gone, the machine is not. */
        KILL,
        POWER_CUT,
        /** The power goes in the middle of a write: half of it is on the medium. */
        TORN_WRITE
    }

    /** As 128 + 9, a process that was killed. */
    static final int KILLED = 137;

    /** A file's content on the medium, apart from its names. */
    private static final class Node {
        private byte[] onMedium = new byte[0];
    }

    private static final Set<String> FOREIGN = Set.of("lock", "run", "native");

    private final Disk real;
    private final Path home;
    private final Ending ending;
    private final int at;
    private final Map<Path, Node> names = new HashMap<>();
    private final Map<Path, Node> namesOnMedium = new TreeMap<>();
    private int changes;

    FaultyDisk(Disk real, Path home, Ending ending, int at) throws IOException {
        this.real = real;
        this.home = home;
        this.ending = ending;
        this.at = at;
        for (Path file : ownFiles()) {
            Node node = new Node();
            node.onMedium = Files.readAllBytes(file);
            names.put(file, node);
            namesOnMedium.put(file, node);
        }
    }

    /** What the agent itself has written; workers' folders and the lock are not under its disk. */
    private List<Path> ownFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path entry : real.list(home)) {
            String name = entry.getFileName().toString();
            if (!FOREIGN.contains(name)) {
                try (Stream<Path> below = Files.walk(entry)) {
                    below.filter(Files::isRegularFile).forEach(files::add);
                }
            }
        }
        return files;
    }

    /** Says whether the write that follows is to be torn. */
    private synchronized boolean change(Path file) {
        if (file.startsWith(home.resolve("outbox"))) {
            return false;
        }
        changes++;
        if (ending == Ending.NONE || changes < at) {
            return false;
        }
        if (ending == Ending.TORN_WRITE) {
            return true;
        }
        end();
        return false;
    }

    private synchronized void end() {
        try {
            if (ending != Ending.KILL) {
                forgetWhatWasNotFlushed();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private void forgetWhatWasNotFlushed() throws IOException {
        for (Path file : ownFiles()) {
            if (!namesOnMedium.containsKey(file)) {
                Files.delete(file);
            }
        }
        for (Map.Entry<Path, Node> file : namesOnMedium.entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            Files.write(file.getKey(), file.getValue().onMedium);
        }
    }

    private synchronized Node node(Path file) {
        return names.computeIfAbsent(file, any -> new Node());
    }

    // ---- reading

    @Override
    public Optional<byte[]> read(Path file) throws IOException {
        return real.read(file);
    }

    @Override
    public byte[] read(Path file, long offset, int length) throws IOException {
        return real.read(file, offset, length);
    }

    @Override
    public long size(Path file) throws IOException {
        return real.size(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public long freeBytes(Path directory) throws IOException {
        return real.freeBytes(directory);
    }

    // ---- changing

    @Override
    public void write(Path file, long offset, byte[] content) throws IOException {
        boolean torn = change(file);
        Node node = node(file);
        real.write(file, offset, torn ? Arrays.copyOf(content, content.length / 2) : content);
        if (torn) {
            synchronized (this) {
                node.onMedium = Files.readAllBytes(file);
                namesOnMedium.put(file, node);
                end();
            }
        }
    }

    @Override
    public void truncate(Path file, long size) throws IOException {
        endIfTorn(file);
        node(file);
        real.truncate(file, size);
    }

    /** Only writes can be torn. */
    private void endIfTorn(Path file) {
        if (change(file)) {
            end();
        }
    }

    @Override
    public void flush(Path file) throws IOException {
        endIfTorn(file);
        real.flush(file);
        synchronized (this) {
            node(file).onMedium = Files.readAllBytes(file);
        }
    }

    @Override
    public void flushDirectory(Path directory) throws IOException {
        endIfTorn(directory);
        real.flushDirectory(directory);
        synchronized (this) {
            namesOnMedium.keySet().removeIf(file -> directory.equals(file.getParent()) && !names.containsKey(file));
            names.forEach((file, node) -> {
                if (directory.equals(file.getParent())) {
                    namesOnMedium.put(file, node);
                }
            });
        }
    }

    @Override
    public void moveAtomically(Path from, Path to) throws IOException {
        endIfTorn(to);
        real.moveAtomically(from, to);
        synchronized (this) {
            Node node = names.remove(from);
            if (node != null) {
                names.put(to, node);
            }
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        endIfTorn(file);
        real.delete(file);
        synchronized (this) {
            names.remove(file);
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }
}
