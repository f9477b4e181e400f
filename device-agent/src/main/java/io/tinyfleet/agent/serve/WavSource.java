package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Plays a WAV file over and over: RIFF, 16-bit PCM, mono. Reads through a small buffer, whatever the file's size.
 * Layout as in "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft, 1991).
 */
final class WavSource implements AudioSource {

    private static final int RIFF_HEADER_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int FORMAT_BYTES = 16;
    private static final int PCM = 1;
    private static final int MAX_CHUNKS = 64;
    private static final int BUFFER_BYTES = 8 * 1024;
    private static final float FULL_SCALE = 32768f;

    private final String name;
    private final FileChannel file;
    private final int sampleRateHz;
    private final long dataStart;
    private final long dataEnd;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long next;

    private WavSource(String name, FileChannel file, int sampleRateHz, long dataStart, long dataEnd) {
        this.name = name;
        this.file = file;
        this.sampleRateHz = sampleRateHz;
        this.dataStart = dataStart;
        this.dataEnd = dataEnd;
        this.next = dataStart;
    }

    static WavSource open(String name, Path path) throws IOException {
        FileChannel file;
        try {
            file = FileChannel.open(path);
        } catch (NoSuchFileException e) {
            throw new SourceException("there is no file " + path);
        }
        try {
            return parse(name, path, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static WavSource parse(String name, Path path, FileChannel file) throws IOException {
        ByteBuffer riff = readFully(path, file, 0, RIFF_HEADER_BYTES);
        if (!tag(riff, 0).equals("RIFF") || !tag(riff, 8).equals("WAVE")) {
            throw new SourceException(path + " is not a WAV file: it begins with '" + tag(riff, 0) + "'");
        }
        long position = RIFF_HEADER_BYTES;
        int rate = 0;
        for (int chunk = 0; chunk < MAX_CHUNKS; chunk++) {
            ByteBuffer header = readFully(path, file, position, CHUNK_HEADER_BYTES);
            long size = Integer.toUnsignedLong(header.getInt(4));
            position += CHUNK_HEADER_BYTES;
            if (tag(header, 0).equals("fmt ")) {
                rate = sampleRate(path, size, readFully(path, file, position, FORMAT_BYTES));
            }
            if (tag(header, 0).equals("data")) {
                return new WavSource(name, file, requireFormat(path, rate), position, end(path, file, position, size));
            }
            position += size + (size & 1);
        }
        throw new SourceException(path + " has no data among its first " + MAX_CHUNKS + " chunks");
    }

    private static int sampleRate(Path path, long size, ByteBuffer format) throws SourceException {
        if (size < FORMAT_BYTES) {
            throw new SourceException(path + ": its format takes " + size + " bytes, at least 16 are needed");
        }
        int encoding = Short.toUnsignedInt(format.getShort(0));
        int channels = Short.toUnsignedInt(format.getShort(2));
        int rate = format.getInt(4);
        int bits = Short.toUnsignedInt(format.getShort(14));
        if (encoding != PCM) {
            throw new SourceException(path + " must hold PCM (1), it holds encoding " + encoding);
        }
        if (channels != 1) {
            throw new SourceException(path + " must be mono, it has " + channels + " channels");
        }
        if (bits != Short.SIZE) {
            throw new SourceException(path + " must have 16 bits a sample, it has " + bits);
        }
        if (rate < 1_000 || rate > 384_000) {
            throw new SourceException(path + ": 1000 to 384000 samples a second are possible, it states " + rate);
        }
        return rate;
    }

    private static int requireFormat(Path path, int rate) throws SourceException {
        if (rate == 0) {
            throw new SourceException(path + " states no format before its data");
        }
        return rate;
    }

    private static long end(Path path, FileChannel file, long start, long size) throws IOException {
        if (size < Short.BYTES) {
            throw new SourceException(path + " holds no samples");
        }
        if (start + size > file.size()) {
            throw new SourceException(
                    path + " is cut off: it states " + size + " bytes of data and has " + (file.size() - start));
        }
        return start + size - size % Short.BYTES;
    }

    private static ByteBuffer readFully(Path path, FileChannel file, long position, int bytes) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (read.hasRemaining()) {
            if (file.read(read, position + read.position()) < 0) {
                throw new SourceException(path + " is cut off at byte " + (position + read.position()));
            }
        }
        return read.flip();
    }

    private static String tag(ByteBuffer header, int offset) {
        return new String(header.array(), offset, 4, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int sampleRateHz() {
        return sampleRateHz;
    }

    @Override
    public void read(Tensor target, int offset, int samples) throws IOException {
        for (int i = 0; i < samples; i++) {
            if (!buffer.hasRemaining()) {
                refill();
            }
            target.setFloat(offset + i, buffer.getShort() / FULL_SCALE);
        }
    }

    private void refill() throws IOException {
        if (next >= dataEnd) {
            next = dataStart;
        }
        buffer.clear().limit((int) Math.min(BUFFER_BYTES, dataEnd - next));
        while (buffer.hasRemaining()) {
            int read = file.read(buffer, next);
            if (read < 0) {
                throw new SourceException("the file of source '" + name + "' became shorter while it was read");
            }
            next += read;
        }
        buffer.flip();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
