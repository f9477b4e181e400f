package io.tinyfleet.agent.install;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** One agent on one directory. The kernel drops the lock with the process, however that ends. */
public final class HomeLock implements AutoCloseable {
    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Somebody else holds the lock. */
    public static final class HomeInUseException extends IOException {
        private static final long serialVersionUID = 1L;

        HomeInUseException(String sentence) {
            super(sentence);
        }
    }

    /**
     * Takes the lock.
     *
     * @throws HomeInUseException when another agent runs on this directory
     */
    public static HomeLock take(AgentHome home, long ownPid) throws IOException {
        Path file = home.lock();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            String holder = Files.readString(file, StandardCharsets.US_ASCII).strip();
            throw new HomeInUseException("another agent (process " + holder + ") runs on " + home.root()
                    + ": stop it first, or give this one a directory of its own with --home");
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(Long.toString(ownPid).getBytes(StandardCharsets.US_ASCII)));
        return new HomeLock(channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Held by this very process: taken all the same.
            return null;
        }
    }

    @Override
    public String toString() {
        return channel.isOpen() ? "held" : "released";
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
