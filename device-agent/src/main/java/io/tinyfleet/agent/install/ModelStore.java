package io.tinyfleet.agent.install;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.agent.install.v1.JournalRecord;
import io.tinyfleet.agent.reconcile.Chunks;
import io.tinyfleet.agent.reconcile.Counters;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.delta.Td1Decoder;
import io.tinyfleet.protocol.delta.ZstdDecoder;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Models and blobs on disk. A chunk is written at its place and then noted in the journal; after a restart every place
 * of the part file is hashed, noted or not. Methods may be called from any thread and exclude each other.
 */
public final class ModelStore {
    private static final int READ_BYTES = 64 * 1024;

    private final Disk disk;
    private final AgentHome home;
    private final RecordLog journal;
    private final Map<Digest, Written> written = new HashMap<>();

    /** Models that were hashed since this process began, and were right. */
    private final Set<Digest> verified = new HashSet<>();

    /** Models that lie elsewhere and are only read there. */
    private final Map<Digest, Path> elsewhere = new HashMap<>();

    /** Those of them that were hashed there and were right. */
    private final Map<Digest, Path> located = new HashMap<>();

    /** What the journal says about one part file. */
    private static final class Written {
        private final BitSet chunks = new BitSet();
        private long writes;
        private long bytes;
        private long repeats;
        private long refusals;

        void write(int index, int length) {
            writes++;
            bytes += length;
            if (chunks.get(index)) {
                repeats++;
            }
            chunks.set(index);
        }

        Counters counters(long done, long total) {
            return new Counters(done, total, writes, repeats, refusals, bytes, EncodingKind.ENCODING_KIND_UNSPECIFIED);
        }
    }

    /** What a scan of a part file has found. */
    public record Scan(Chunks held, Chunks before, Counters counters) {}

    private ModelStore(Disk disk, AgentHome home, RecordLog journal) {
        this.disk = disk;
        this.home = home;
        this.journal = journal;
    }

    public static ModelStore open(Disk disk, AgentHome home) throws IOException {
        RecordLog.Opened opened = RecordLog.open(disk, home.journal());
        ModelStore store = new ModelStore(disk, home, opened.log());
        for (byte[] record : opened.records()) {
            store.replay(record);
        }
        return store;
    }

    private void replay(byte[] content) throws IOException {
        try {
            JournalRecord record = JournalRecord.parseFrom(content);
            Written blob = written.computeIfAbsent(Digest.fromBytes(record.getBlobSha256()), any -> new Written());
            if (record.getKindCase() == JournalRecord.KindCase.CHUNK_WRITTEN) {
                blob.write(record.getChunkWritten(), record.getBytes());
            } else if (record.getKindCase() == JournalRecord.KindCase.CHUNK_REFUSED) {
                blob.refusals++;
            } else {
                written.remove(Digest.fromBytes(record.getBlobSha256()));
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException("the journal has a record with a right checksum that cannot be read", e);
        }
    }

    // ---- small blobs

    /** A stored blob; absent when there is none or the disk has spoiled it. */
    public synchronized Optional<byte[]> findBlob(Digest blob) throws IOException {
        return disk.read(home.blob(blob)).filter(content -> Digest.of(content).equals(blob));
    }

    public synchronized void storeBlob(Digest blob, byte[] content) throws IOException {
        disk.writeAtomic(home.blob(blob), content);
    }

    // ---- models

    /** Models that came with the device's image: found like held ones, and never written or deleted. */
    public synchronized void findAlso(Map<Digest, Path> files) {
        elsewhere.putAll(files);
    }

    /** Where {@link #holds} has found it last; else where it would be. */
    public synchronized Path modelFile(Digest artifact) {
        Path own = home.model(artifact);
        return verified.contains(artifact) ? located.getOrDefault(artifact, own) : own;
    }

    /** Whole and right, hashed now. */
    public synchronized boolean holds(Digest artifact) throws IOException {
        located.remove(artifact);
        Path other = elsewhere.get(artifact);
        boolean right = isRight(home.model(artifact), artifact);
        if (!right && other != null && isRight(other, artifact)) {
            located.put(artifact, other);
            right = true;
        }
        if (right) {
            verified.add(artifact);
        } else {
            verified.remove(artifact);
        }
        return right;
    }

    private boolean isRight(Path file, Digest artifact) throws IOException {
        return disk.size(file) >= 0 && hash(disk, file).equals(artifact);
    }

    /** What its download has cost, as far as the journal knows. */
    public synchronized Counters counters(Digest blob, long size) {
        Written noted = written.getOrDefault(blob, new Written());
        return noted.counters(size, size);
    }

    /** Hashes every place of the part file. */
    public synchronized Scan scan(Digest blob, ChunkList list) throws IOException {
        Path part = home.part(blob);
        long size = Math.max(0, disk.size(part));
        BitSet held = new BitSet();
        long bytes = 0;
        for (int i = 0; i < list.count() && list.offsetOf(i) < size; i++) {
            byte[] place = disk.read(part, list.offsetOf(i), list.lengthOf(i));
            if (list.matches(i, place)) {
                held.set(i);
                bytes += place.length;
            }
        }
        Written noted = written.computeIfAbsent(blob, any -> new Written());
        for (int i = held.nextSetBit(0); i >= 0; i = held.nextSetBit(i + 1)) {
            if (!noted.chunks.get(i)) {
                // Written, and the process ended before it was noted.
                note(blob, i, list.lengthOf(i));
            }
        }
        Counters counters = noted.counters(bytes, list.blobSize());
        return new Scan(Chunks.of(held), Chunks.of(noted.chunks), counters);
    }

    /** Writes a chunk whose hash is right. */
    public synchronized void writeChunk(Digest blob, int index, long offset, byte[] content) throws IOException {
        disk.write(home.part(blob), offset, content);
        note(blob, index, content.length);
    }

    private void note(Digest blob, int index, int length) throws IOException {
        journal.append(JournalRecord.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setChunkWritten(index)
                .setBytes(length)
                .build()
                .toByteArray());
        written.computeIfAbsent(blob, any -> new Written()).write(index, length);
    }

    public synchronized void noteRefusedChunk(Digest blob, int index) throws IOException {
        journal.append(JournalRecord.newBuilder()
                .setBlobSha256(blob.toBytes())
                .setChunkRefused(index)
                .build()
                .toByteArray());
        written.computeIfAbsent(blob, any -> new Written()).refusals++;
    }

    /** Moves a whole part file under {@code models/}; false when its hash is wrong, and then it is deleted. */
    public synchronized boolean assemble(Digest artifact, long size) throws IOException {
        Path part = home.part(artifact);
        if (disk.size(part) != size || !hash(disk, part).equals(artifact)) {
            disk.delete(part);
            disk.flushDirectory(home.blobs());
            return false;
        }
        keep(part, artifact);
        return true;
    }

    /**
     * Decodes a whole part file into the artifact, which ends under {@code models/}; both files are gone when that fails.
     * Never writes more than {@code size} bytes.
     *
     * @throws CorruptPatchException when the encoding does not lead to the artifact
     */
    public synchronized void decode(Encoding encoding, Digest artifact, long size)
            throws IOException, CorruptPatchException {
        Digest blob = Digest.fromBytes(encoding.getBlob().getSha256());
        Path part = home.part(blob);
        Path decoded = home.decoded(artifact);
        disk.delete(decoded);
        try {
            if (disk.size(part) != encoding.getBlob().getSize()
                    || !hash(disk, part).equals(blob)) {
                throw new CorruptPatchException(
                        CorruptPatchException.Reason.DAMAGED,
                        0,
                        "all chunks were right, yet the whole is not " + blob.shortHex());
            }
            decode(encoding, part, size, decoded, artifact);
        } catch (CorruptPatchException e) {
            disk.delete(decoded);
            disk.delete(part);
            disk.flushDirectory(home.blobs());
            throw e;
        }
        keep(decoded, artifact);
        disk.delete(part);
    }

    private void decode(Encoding encoding, Path part, long size, Path decoded, Digest artifact)
            throws IOException, CorruptPatchException {
        DiskOutput out = new DiskOutput(disk, decoded);
        InputStream in = new DiskInput(disk, part);
        Digest made;
        if (encoding.getKind() == EncodingKind.ZSTD) {
            HashingOutput hashing = new HashingOutput(out);
            ZstdDecoder.decode(in, size, hashing);
            made = hashing.digest();
        } else {
            // What it returns it has compared with what it wrote.
            made = Td1Decoder.decode(base(Digest.fromBytes(encoding.getBaseSha256())), in, size, out)
                    .target();
        }
        out.close();
        if (out.bytes() != size || !made.equals(artifact)) {
            throw new CorruptPatchException(
                    CorruptPatchException.Reason.WRONG_RESULT,
                    0,
                    "it makes " + made.shortHex() + " of " + out.bytes() + " bytes, not " + artifact.shortHex() + " of "
                            + size);
        }
    }

    private HeldModel base(Digest artifact) throws IOException {
        return new HeldModel(disk, modelFile(artifact), Optional.of(artifact).filter(verified::contains));
    }

    private void keep(Path whole, Digest artifact) throws IOException {
        disk.flush(whole);
        Path target = home.model(artifact);
        Path directory = home.models().resolve(artifact.hex());
        disk.createDirectories(directory);
        disk.flushDirectory(home.models());
        disk.moveAtomically(whole, target);
        disk.flushDirectory(directory);
        disk.flushDirectory(home.blobs());
    }

    /** Deletes what no slot runs, may go back to or is fetching. */
    public synchronized void collectGarbage(Set<Digest> pinned) throws IOException {
        for (Path directory : disk.list(home.models())) {
            if (isGarbage(directory, pinned)) {
                for (Path file : disk.list(directory)) {
                    disk.delete(file);
                }
                disk.delete(directory);
            }
        }
        verified.retainAll(pinned);
        for (Path file : disk.list(home.blobs())) {
            if (isGarbage(file, pinned)) {
                disk.delete(file);
            }
        }
        forget(pinned);
    }

    private void forget(Set<Digest> pinned) throws IOException {
        for (Digest blob : List.copyOf(written.keySet())) {
            if (!pinned.contains(blob)) {
                written.remove(blob);
                journal.append(JournalRecord.newBuilder()
                        .setBlobSha256(blob.toBytes())
                        .setForgotten(true)
                        .build()
                        .toByteArray());
            }
        }
        if (written.isEmpty() && journal.bytes() > 0) {
            journal.clear();
        }
    }

    /** Only names that are digests are ours to delete. */
    private static boolean isGarbage(Path file, Set<Digest> pinned) {
        String name = String.valueOf(file.getFileName()).replaceFirst("\\.(part|tmp|decoded)$", "");
        try {
            return !pinned.contains(Digest.parse(name));
        } catch (IllegalArgumentException e) {
            // Somebody else's file: left alone.
            return false;
        }
    }

    /** Of a file's bytes, read piece by piece. */
    static Digest hash(Disk disk, Path file) throws IOException {
        Digest.Hasher hasher = Digest.hasher();
        long at = 0;
        byte[] piece = disk.read(file, at, READ_BYTES);
        while (piece.length > 0) {
            hasher.update(piece, 0, piece.length);
            at += piece.length;
            piece = disk.read(file, at, READ_BYTES);
        }
        return hasher.digest();
    }
}
