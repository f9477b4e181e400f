package io.tinyfleet.server.platform.postgres;

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

/** One server per home: an operating-system lock, which a dying process cannot leave behind. */
public final class HomeLock implements AutoCloseable {
    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws HomeInUseException when another process works in this home */
    public static HomeLock acquire(Path home) throws IOException {
        Path file = home.resolve("lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            throw new HomeInUseException(home, Files.readString(file).strip());
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        channel.force(true);
        return new HomeLock(channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // This very process holds it.
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Another server works in the home; its process id is the operator's next step. */
    public static final class HomeInUseException extends IOException {
        private static final long serialVersionUID = 1L;

        HomeInUseException(Path home, String pid) {
            super("another server (process " + (pid.isEmpty() ? "unknown" : pid) + ") works in " + home
                    + "; stop it or choose another folder with TINYFLEET_HOME");
        }
    }
}
