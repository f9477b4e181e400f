package io.tinyfleet.agent.install;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** A file of the disk as a stream. Owned by one thread. */
final class DiskInput extends InputStream {
    private final Disk disk;
    private final Path file;
    private long at;

    DiskInput(Disk disk, Path file) {
        this.disk = disk;
        this.file = file;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        byte[] piece = disk.read(file, at, length);
        System.arraycopy(piece, 0, into, from, piece.length);
        at += piece.length;
        return piece.length == 0 ? -1 : piece.length;
    }
}
