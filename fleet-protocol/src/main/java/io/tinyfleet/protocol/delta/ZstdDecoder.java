package io.tinyfleet.protocol.delta;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdInputStream;
import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;

/**
 * Decodes a Zstandard file (RFC 8878) of one frame that states its content's size, in bounded memory. Its header is read
 * here first: the library would give a frame the window that it asks for.
 */
public final class ZstdDecoder {
    /** Bytes that a frame may ask to be kept; frames for devices are written with this window. */
    public static final int MAX_WINDOW_BYTES = 1 << 20;

    /** The same as the logarithm that encoders take. */
    public static final int WINDOW_LOG = 20;

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAGIC = 0xFD2FB528;
    private static final int MAX_HEADER_BYTES = 14;
    private static final int DESCRIPTOR = 4;
    private static final int SINGLE_SEGMENT = 1 << 5;
    private static final int DICTIONARY = 3;
    private static final int[] SIZE_BYTES = {0, 2, 4, 8};
    private static final int TWO_BYTE_SIZES_FROM = 256;

    private ZstdDecoder() {}

    /**
     * Decodes.
     *
     * @param targetBytes that the content must have, and the most that is ever written
     * @param out takes the content as it comes; not closed
     * @throws CorruptPatchException when the file is damaged or hostile
     * @throws IOException when {@code compressed} or {@code out} fail
     */
    public static void decode(InputStream compressed, long targetBytes, OutputStream out)
            throws IOException, CorruptPatchException {
        byte[] head = compressed.readNBytes(MAX_HEADER_BYTES);
        requireFrame(head, targetBytes);
        Source source = new Source(new SequenceInputStream(new ByteArrayInputStream(head), compressed));
        ZstdInputStream content = new ZstdInputStream(source);
        byte[] buffer = new byte[BUFFER_BYTES];
        long written = 0;
        for (int read = read(content, source, buffer, written);
                read >= 0;
                read = read(content, source, buffer, written)) {
            if (read > targetBytes - written) {
                throw new CorruptPatchException(
                        Reason.BEYOND_TARGET, 0, "the content must have " + targetBytes + " bytes, there are more");
            }
            out.write(buffer, 0, read);
            written += read;
        }
        if (written < targetBytes) {
            throw new CorruptPatchException(
                    Reason.TRUNCATED, 0, "the content ends after " + written + " of " + targetBytes + " bytes");
        }
    }

    private static int read(ZstdInputStream content, Source source, byte[] buffer, long written)
            throws IOException, CorruptPatchException {
        try {
            return content.read(buffer, 0, buffer.length);
        } catch (MalformedInputException | IndexOutOfBoundsException | IllegalArgumentException e) {
            // The library's words for damaged input; none of them tells more than the place.
            throw new CorruptPatchException(
                    Reason.DAMAGED, 0, "the compressed file is damaged; " + written + " bytes could be read");
        } catch (IOException e) {
            if (source.failed) {
                throw e;
            }
            throw new CorruptPatchException(
                    Reason.TRUNCATED, 0, "the compressed file ends early; " + written + " bytes could be read");
        }
    }

    /** Remembers whether it was the file that failed, and not what stands in it. */
    private static final class Source extends FilterInputStream {
        private boolean failed;

        private Source(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            try {
                return super.read(into, from, length);
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }
    }

    private static void requireFrame(byte[] head, long targetBytes) throws CorruptPatchException {
        if (head.length <= DESCRIPTOR || number(head, 0, Integer.BYTES) != Integer.toUnsignedLong(MAGIC)) {
            throw notZstd("does not begin as a Zstandard frame does");
        }
        int descriptor = head[DESCRIPTOR] & 0xff;
        boolean single = (descriptor & SINGLE_SEGMENT) != 0;
        int sizeBytes = descriptor >> 6 == 0 && single ? 1 : SIZE_BYTES[descriptor >> 6];
        int sizeAt = DESCRIPTOR + (single ? 1 : 2);
        if ((descriptor & DICTIONARY) != 0 || sizeBytes == 0 || head.length < sizeAt + sizeBytes) {
            throw notZstd("needs a dictionary, or does not say how large its content is");
        }
        long size = number(head, sizeAt, sizeBytes) + (sizeBytes == 2 ? TWO_BYTE_SIZES_FROM : 0);
        if (size != targetBytes) {
            throw new CorruptPatchException(
                    Reason.TARGET_TOO_LARGE,
                    0,
                    "the content must have " + targetBytes + " bytes, the frame says " + Long.toUnsignedString(size));
        }
        long window = single ? size : window(head[DESCRIPTOR + 1] & 0xff);
        if (window > MAX_WINDOW_BYTES) {
            throw new CorruptPatchException(
                    Reason.WINDOW_TOO_LARGE,
                    0,
                    "a frame may ask for a window of " + MAX_WINDOW_BYTES + " bytes, this one asks for " + window);
        }
    }

    private static long window(int descriptor) {
        long base = 1L << 10 + (descriptor >> 3);
        return base + base / 8 * (descriptor & 7);
    }

    private static long number(byte[] bytes, int at, int length) {
        long number = 0;
        for (int i = length - 1; i >= 0; i--) {
            number = number << 8 | bytes[at + i] & 0xff;
        }
        return number;
    }

    private static CorruptPatchException notZstd(String what) {
        return new CorruptPatchException(Reason.NOT_ZSTD, 0, "the compressed file " + what);
    }
}
