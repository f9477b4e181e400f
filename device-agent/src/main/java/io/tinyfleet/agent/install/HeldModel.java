package io.tinyfleet.agent.install;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.BaseBytes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A held model that a delta starts from. */
record HeldModel(Disk disk, Path file, long size, Optional<Digest> verifiedDigest) implements BaseBytes {
    HeldModel(Disk disk, Path file, Optional<Digest> verifiedDigest) throws IOException {
        this(disk, file, Math.max(0, disk.size(file)), verifiedDigest);
    }

    @Override
    public void read(long offset, byte[] into, int from, int length) throws IOException {
        byte[] piece = disk.read(file, offset, length);
        if (piece.length < length) {
            throw new EOFException(file + " ends before byte " + (offset + length) + ", it had " + size);
        }
        System.arraycopy(piece, 0, into, from, length);
    }
}
