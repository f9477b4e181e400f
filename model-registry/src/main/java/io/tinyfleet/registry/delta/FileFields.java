package io.tinyfleet.registry.delta;

import io.tinyfleet.protocol.delta.BaseBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Reads little-endian numbers and texts anywhere in a file, through one small buffer. Every place is checked against the
 * file. Owned by one thread.
 */
final class FileFields {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final BaseBytes file;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private long bufferedFrom;
    private int buffered;

    FileFields(BaseBytes file) {
        this.file = file;
    }

    long size() {
        return file.size();
    }

    int unsignedByte(long at) throws IOException, UnreadableTableException {
        require(at, 1);
        if (at < bufferedFrom || at >= bufferedFrom + buffered) {
            bufferedFrom = at;
            buffered = (int) Math.min(BUFFER_BYTES, file.size() - at);
            file.read(at, buffer, 0, buffered);
        }
        return buffer[(int) (at - bufferedFrom)] & 0xff;
    }

    String text(long at, long bytes) throws IOException, UnreadableTableException {
        require(at, bytes);
        if (bytes > BUFFER_BYTES) {
            throw new UnreadableTableException("a name of " + bytes + " bytes at byte " + at);
        }
        byte[] text = new byte[(int) bytes];
        file.read(at, text, 0, text.length);
        return new String(text, StandardCharsets.UTF_8);
    }

    void require(long at, long bytes) throws UnreadableTableException {
        if (at < 0 || bytes < 0 || bytes > file.size() || at > file.size() - bytes) {
            throw new UnreadableTableException(
                    "something of " + bytes + " bytes at byte " + at + " of a file of " + file.size());
        }
    }
}
