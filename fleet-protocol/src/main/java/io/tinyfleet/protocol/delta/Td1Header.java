package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What stands at the beginning of a patch, in plain bytes: magic, version, the sizes and SHA-256 of base and target.
 * Integers are big-endian.
 */
public record Td1Header(long baseSize, Digest base, long targetSize, Digest target) {
    /** Bytes of the header that this code writes. */
    public static final int BYTES = 92;

    /** Bytes of the longest header that this code reads. */
    public static final int MAX_BYTES = 4096;

    /** Bytes of the largest file that a patch reads or makes, 1 TiB. */
    public static final long MAX_FILE_BYTES = 1L << 40;

    private static final byte[] MAGIC = {(byte) 0x89, 'T', 'D', '1', '\r', '\n'};
    private static final int VERSION = 3;

    public Td1Header {
        if (baseSize < 0 || baseSize > MAX_FILE_BYTES) {
            throw new IllegalArgumentException("the base must have 0 to " + MAX_FILE_BYTES + " bytes, got " + baseSize);
        }
        if (targetSize < 0 || targetSize > MAX_FILE_BYTES) {
            throw new IllegalArgumentException(
                    "the target must have 0 to " + MAX_FILE_BYTES + " bytes, got " + targetSize);
        }
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .put(MAGIC)
                .put((byte) VERSION)
                .put((byte) 0)
                .putInt(BYTES)
                .putLong(baseSize)
                .put(base.toByteArray())
                .putLong(targetSize)
                .put(target.toByteArray())
                .array();
    }

    /** Reads the header; the stream is then at the first byte behind it. */
    public static Td1Header read(InputStream in) throws IOException, CorruptPatchException {
        byte[] bytes = in.readNBytes(BYTES);
        if (bytes.length < MAGIC.length || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new CorruptPatchException(Reason.NOT_TD1, 0, "the file does not begin as a td1 patch does");
        }
        if (bytes.length > MAGIC.length && bytes[MAGIC.length] != VERSION) {
            throw new CorruptPatchException(
                    Reason.UNKNOWN_VERSION,
                    MAGIC.length,
                    "this code reads td1 version " + VERSION + ", the patch has version "
                            + (bytes[MAGIC.length] & 0xff));
        }
        if (bytes.length < BYTES) {
            throw new CorruptPatchException(
                    Reason.TRUNCATED, bytes.length, "a td1 header has " + BYTES + " bytes, the patch " + bytes.length);
        }
        ByteBuffer fields = ByteBuffer.wrap(bytes).position(MAGIC.length + 1);
        int flags = fields.get();
        if (flags != 0) {
            throw new CorruptPatchException(
                    Reason.UNKNOWN_VERSION,
                    MAGIC.length + 1L,
                    "this code knows no flags, the patch has flags " + (flags & 0xff));
        }
        skipMore(in, fields.getInt());
        long baseSize = fields.getLong();
        Digest base = digest(fields);
        long targetSize = fields.getLong();
        Digest target = digest(fields);
        if (baseSize < 0 || baseSize > MAX_FILE_BYTES || targetSize < 0 || targetSize > MAX_FILE_BYTES) {
            throw new CorruptPatchException(
                    Reason.MALFORMED_HEADER,
                    MAGIC.length,
                    "base and target must have 0 to " + MAX_FILE_BYTES + " bytes, got " + baseSize + " and "
                            + targetSize);
        }
        return new Td1Header(baseSize, base, targetSize, target);
    }

    /** Later writers may add to the header what this reader need not know. */
    private static void skipMore(InputStream in, int headerBytes) throws IOException, CorruptPatchException {
        if (headerBytes < BYTES || headerBytes > MAX_BYTES) {
            throw new CorruptPatchException(
                    Reason.MALFORMED_HEADER,
                    MAGIC.length + 2L,
                    "a td1 header must have " + BYTES + " to " + MAX_BYTES + " bytes, this one says "
                            + Integer.toUnsignedString(headerBytes));
        }
        int more = headerBytes - BYTES;
        int read = in.readNBytes(more).length;
        if (read < more) {
            throw new CorruptPatchException(
                    Reason.TRUNCATED,
                    BYTES + (long) read,
                    "a td1 header of " + headerBytes + " bytes ends after " + (BYTES + read));
        }
    }

    private static Digest digest(ByteBuffer fields) {
        byte[] digest = new byte[Digest.BYTES];
        fields.get(digest);
        return Digest.fromBytes(digest);
    }
}
