package io.tinyfleet.registry.inspect;

import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads little-endian numbers and text at any place of a file through a few pages that it keeps: at most
 * {@value #PAGES} pages of {@value #PAGE_BYTES} bytes. Every place is checked against the file's size before it is read.
 * Owned by one thread.
 */
final class LittleEndianFile {
    static final int PAGE_BYTES = 16 * 1024;
    static final int PAGES = 32;

    private final ModelContent content;
    private final Map<Long, ByteBuffer> pages = new LinkedHashMap<>(PAGES * 2, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, ByteBuffer> eldest) {
            return size() > PAGES;
        }
    };
    private long lastPage = -1;
    private ByteBuffer last = ByteBuffer.allocate(0);

    LittleEndianFile(ModelContent content) {
        this.content = content;
    }

    long size() {
        return content.size();
    }

    int u8(long at, String what) throws IOException, ModelRefused {
        require(at, 1, what);
        return page(at).get((int) (at % PAGE_BYTES)) & 0xff;
    }

    int u16(long at, String what) throws IOException, ModelRefused {
        return u8(at, what) | u8(at + 1, what) << 8;
    }

    int i32(long at, String what) throws IOException, ModelRefused {
        require(at, Integer.BYTES, what);
        int inPage = (int) (at % PAGE_BYTES);
        if (inPage <= PAGE_BYTES - Integer.BYTES) {
            return page(at).getInt(inPage);
        }
        return u16(at, what) | u16(at + 2, what) << 16;
    }

    long u32(long at, String what) throws IOException, ModelRefused {
        return Integer.toUnsignedLong(i32(at, what));
    }

    long i64(long at, String what) throws IOException, ModelRefused {
        return u32(at, what) | (long) i32(at + Integer.BYTES, what) << Integer.SIZE;
    }

    float f32(long at, String what) throws IOException, ModelRefused {
        return Float.intBitsToFloat(i32(at, what));
    }

    /** UTF-8; what is not valid is replaced. */
    String text(long at, long length, int maxBytes, String what) throws IOException, ModelRefused {
        if (length < 0 || length > maxBytes) {
            throw new ModelRefused(
                    Code.TOO_LARGE,
                    "The " + what + " at byte " + at + " has " + Long.toUnsignedString(length) + " bytes, at most "
                            + maxBytes + " are taken. Export the model with shorter names.");
        }
        require(at, length, what);
        return new String(content.read(at, (int) length), StandardCharsets.UTF_8);
    }

    /** Refuses a stretch that is not wholly inside the file. */
    void require(long at, long length, String what) throws ModelRefused {
        if (at < 0 || length < 0 || at > size() || length > size() - at) {
            throw new ModelRefused(
                    Code.TRUNCATED_MODEL,
                    "The model is cut off or damaged: its " + what + " would be " + Long.toUnsignedString(length)
                            + " bytes at byte " + Long.toUnsignedString(at) + ", and the file ends at " + size()
                            + ". Compare its SHA-256 with the original's and upload it again.");
        }
    }

    ModelRefused corrupt(String what, long at) {
        return new ModelRefused(
                Code.CORRUPT_MODEL,
                "The model is damaged: " + what + ", at byte " + at + " of " + size()
                        + ". Compare its SHA-256 with the original's and upload it again, or export it anew.");
    }

    private ByteBuffer page(long at) throws IOException {
        long number = at / PAGE_BYTES;
        if (number != lastPage) {
            ByteBuffer page = pages.get(number);
            if (page == null) {
                long start = number * PAGE_BYTES;
                int length = (int) Math.min(PAGE_BYTES, size() - start);
                page = ByteBuffer.wrap(content.read(start, length)).order(ByteOrder.LITTLE_ENDIAN);
                pages.put(number, page);
            }
            last = page;
            lastPage = number;
        }
        return last;
    }
}
