package io.tinyfleet.agent.install;

import io.tinyfleet.protocol.Digest;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Hashes what it passes on. Owned by one thread. */
final class HashingOutput extends FilterOutputStream {
    private final Digest.Hasher hasher = Digest.hasher();

    HashingOutput(OutputStream out) {
        super(out);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
        hasher.update(bytes, from, length);
    }

    /** Of all that was written; to be asked once. */
    Digest digest() {
        return hasher.digest();
    }
}
