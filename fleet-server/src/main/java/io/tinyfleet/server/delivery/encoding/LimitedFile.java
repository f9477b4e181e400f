package io.tinyfleet.server.delivery.encoding;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** A file that stops growing at a limit of bytes or of time: whoever writes it is thrown out. Owned by one thread. */
final class LimitedFile extends OutputStream {
    private final OutputStream out;
    private final long maxBytes;
    private final BooleanSupplier outOfTime;
    private long written;

    /** The limit was reached; nothing is wrong with the disk. */
    static final class LimitReached extends IOException {
        private static final long serialVersionUID = 1L;

        LimitReached(String sentence) {
            super(sentence);
        }
    }

    LimitedFile(Path file, long maxBytes, BooleanSupplier outOfTime) throws IOException {
        this.out = new BufferedOutputStream(Files.newOutputStream(file), 64 * 1024);
        this.maxBytes = maxBytes;
        this.outOfTime = outOfTime;
    }

    @Override
    public void write(int value) throws IOException {
        count(1);
        out.write(value);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        count(length);
        out.write(bytes, from, length);
    }

    private void count(int bytes) throws IOException {
        long before = written;
        written += bytes;
        if (written > maxBytes) {
            throw new LimitReached("it would have more than " + maxBytes + " bytes");
        }
        if (before >> 16 != written >> 16 && outOfTime.getAsBoolean()) {
            throw new LimitReached("it took too long");
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
