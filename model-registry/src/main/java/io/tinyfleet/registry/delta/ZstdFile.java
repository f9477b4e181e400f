package io.tinyfleet.registry.delta;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.protocol.delta.ZstdDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Compresses a whole file so that a device can read it: one frame, its size stated, a small window. */
public final class ZstdFile {
    private static final int BUFFER_BYTES = 64 * 1024;

    private ZstdFile() {}

    /** @param level 1 to 19 */
    public static void compress(BaseBytes file, int level, OutputStream out) throws IOException {
        ByteBuffer source = ByteBuffer.allocateDirect(BUFFER_BYTES);
        ByteBuffer target = ByteBuffer.allocateDirect(BUFFER_BYTES);
        byte[] piece = new byte[BUFFER_BYTES];
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(level).setWindowLog(ZstdDecoder.WINDOW_LOG).setChecksum(true);
            context.setPledgedSrcSize(file.size());
            for (long at = 0; at < file.size(); at += BUFFER_BYTES) {
                int length = (int) Math.min(BUFFER_BYTES, file.size() - at);
                file.read(at, piece, 0, length);
                source.clear().put(piece, 0, length).flip();
                EndDirective directive = at + length == file.size() ? EndDirective.END : EndDirective.CONTINUE;
                boolean done = false;
                while (!done) {
                    target.clear();
                    boolean flushed = context.compressDirectByteBufferStream(target, source, directive);
                    target.flip();
                    byte[] written = new byte[target.remaining()];
                    target.get(written);
                    out.write(written);
                    done = directive == EndDirective.END ? flushed : !source.hasRemaining();
                }
            }
        }
    }
}
