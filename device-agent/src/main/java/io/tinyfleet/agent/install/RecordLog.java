package io.tinyfleet.agent.install;

import io.tinyfleet.agent.log.EventLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file of records: length, checksum, bytes. Reading ends at the first record that is cut or spoiled, and what is
 * behind it is cut off, so that a torn tail never hides what is appended later. Owned by one thread.
 */
public final class RecordLog {
    /** Larger lengths are taken for a torn tail. */
    public static final int MAX_RECORD_BYTES = 128 * 1024;

    private static final int HEADER_BYTES = 8;
    private static final EventLog LOG = EventLog.of("install");

    private final Disk disk;
    private final Path file;
    private long end;

    private RecordLog(Disk disk, Path file, long end) {
        this.disk = disk;
        this.file = file;
        this.end = end;
    }

    /** A log and the whole records it held. */
    public record Opened(RecordLog log, List<byte[]> records, long cutBytes) {}

    public static Opened open(Disk disk, Path file) throws IOException {
        long size = Math.max(0, disk.size(file));
        List<byte[]> records = new ArrayList<>();
        long at = 0;
        while (at + HEADER_BYTES <= size) {
            ByteBuffer header = ByteBuffer.wrap(disk.read(file, at, HEADER_BYTES));
            int length = header.getInt();
            int checksum = header.getInt();
            if (length < 0 || length > MAX_RECORD_BYTES || at + HEADER_BYTES + length > size) {
                break;
            }
            byte[] content = disk.read(file, at + HEADER_BYTES, length);
            if (content.length != length || checksum(content) != checksum) {
                break;
            }
            records.add(content);
            at += HEADER_BYTES + length;
        }
        if (at < size) {
            cut(disk, file, at);
        }
        return new Opened(new RecordLog(disk, file, at), records, size - at);
    }

    private static void cut(Disk disk, Path file, long size) {
        try {
            disk.truncate(file, size);
            disk.flush(file);
        } catch (IOException e) {
            // A disk that takes no writes now: the records are known all the same, and what is appended later, when it
            // takes them again, is written over the torn tail.
            LOG.warn("tail-not-cut", "file", file, "reason", e.getMessage());
        }
    }

    /** The record survives the end of the process; a power cut only after {@link #flush}. */
    public void append(byte[] content) throws IOException {
        if (content.length > MAX_RECORD_BYTES) {
            throw new IllegalArgumentException(
                    "a record has at most " + MAX_RECORD_BYTES + " bytes, got " + content.length);
        }
        ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + content.length);
        record.putInt(content.length).putInt(checksum(content)).put(content);
        disk.write(file, end, record.array());
        end += record.capacity();
    }

    public void flush() throws IOException {
        disk.flush(file);
    }

    public long bytes() {
        return end;
    }

    /** Forgets everything. */
    public void clear() throws IOException {
        disk.truncate(file, 0);
        disk.flush(file);
        end = 0;
    }

    /** Zero bytes must not look like a record, so a length of 0 has a checksum too. */
    private static int checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content.length >>> 8);
        crc.update(content.length);
        crc.update(content);
        return (int) crc.getValue() ^ 0x54464c54;
    }
}
