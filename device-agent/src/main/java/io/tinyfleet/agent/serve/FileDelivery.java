package io.tinyfleet.agent.serve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Lines in a file; when it is full it becomes {@code FILE.1}, and the one before goes. */
public final class FileDelivery implements QueuedSink.Delivery {

    private final Path file;
    private final long maxBytes;
    private @Nullable FileChannel channel;

    /** @param maxBytes of each of the two files */
    public FileDelivery(Path file, long maxBytes) {
        this.file = file;
        this.maxBytes = maxBytes;
    }

    @Override
    public void deliver(String json) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            FileChannel open = open();
            if (open.size() > 0 && open.size() + line.remaining() > maxBytes) {
                close();
                Path older = file.resolveSibling(file.getFileName() + ".1");
                Files.move(file, older, StandardCopyOption.REPLACE_EXISTING);
                open = open();
            }
            while (line.hasRemaining()) {
                open.write(line);
            }
        } catch (IOException e) {
            // A file that was taken away or a disk that was full: opened anew next time.
            close();
            throw e;
        }
    }

    private FileChannel open() throws IOException {
        FileChannel open = channel;
        if (open == null) {
            open = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            channel = open;
        }
        return open;
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }
}
