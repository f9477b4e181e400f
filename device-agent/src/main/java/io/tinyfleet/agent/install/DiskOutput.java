package io.tinyfleet.agent.install;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes a new file from its start. Complete when closed. Owned by one thread. */
final class DiskOutput extends OutputStream {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Disk disk;
    private final Path file;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;
    private long written;

    DiskOutput(Disk disk, Path file) {
        this.disk = disk;
        this.file = file;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int count = Math.min(length - done, BUFFER_BYTES - buffered);
            System.arraycopy(bytes, from + done, buffer, buffered, count);
            buffered += count;
            done += count;
            if (buffered == BUFFER_BYTES) {
                drain();
            }
        }
    }

    private void drain() throws IOException {
        byte[] piece = buffered == BUFFER_BYTES ? buffer : Arrays.copyOf(buffer, buffered);
        disk.write(file, written, piece);
        written += piece.length;
        buffered = 0;
    }

    @Override
    public void close() throws IOException {
        drain();
    }

    long bytes() {
        return written;
    }
}
