package io.tinyfleet.server.delivery.encoding;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.chunk.ChunkList;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.protocol.delta.Segment;
import io.tinyfleet.protocol.delta.Td1Decoder;
import io.tinyfleet.protocol.delta.Td1Encoder;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.blob.BlobStore;
import io.tinyfleet.registry.blob.Stored;
import io.tinyfleet.registry.delta.BlobBytes;
import io.tinyfleet.registry.delta.EncodingPlanner;
import io.tinyfleet.registry.delta.TensorAlignment;
import io.tinyfleet.registry.delta.ZstdFile;
import io.tinyfleet.server.platform.Home;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes one encoding: aside, proved by decoding it, and stored only when it is worth offering. */
@ApplicationScoped
class MakeEncoding {
    /** Segments by tensors cover at least this share of a file, or the straight way is tried too. */
    private static final double COVERED = 0.5;

    private final BlobStore blobs;
    private final EncodingRows rows;
    private final EncodingsConfig config;
    private final Home home;
    private final InstantSource clock;

    MakeEncoding(BlobStore blobs, EncodingRows rows, EncodingsConfig config, Home home, InstantSource clock) {
        this.blobs = blobs;
        this.rows = rows;
        this.config = config;
        this.home = home;
        this.clock = clock;
    }

    /** It is not offered, and that is no fault. */
    static final class NotWorthIt extends Exception {
        private static final long serialVersionUID = 1L;

        NotWorthIt(String sentence) {
            super(sentence);
        }
    }

    ReadyEncoding make(EncodingKey key) throws IOException, NotWorthIt, CorruptPatchException {
        BlobHandle target = held(key.target());
        Path folder = Files.createDirectories(home.root().resolve("encodings"));
        clear(folder);
        Instant deadline = clock.instant().plus(config.timeLimit());
        try {
            Path made = key.base().isPresent()
                    ? delta(target, held(key.base().get()), folder, deadline)
                    : compressed(target, folder, deadline);
            return store(key, made);
        } catch (LimitedFile.LimitReached e) {
            throw new NotWorthIt(String.valueOf(e.getMessage()));
        } finally {
            clear(folder);
        }
    }

    private Path compressed(BlobHandle target, Path folder, Instant deadline) throws IOException {
        long most = target.size() * EncodingPlanner.MAX_COMPRESSED_PERCENT / 100;
        Path file = folder.resolve("zstd");
        try (LimitedFile out = limited(file, most, deadline)) {
            ZstdFile.compress(new BlobBytes(target), config.zstdLevel(), out);
        }
        return file;
    }

    private Path delta(BlobHandle target, BlobHandle base, Path folder, Instant deadline)
            throws IOException, NotWorthIt, CorruptPatchException {
        BlobBytes from = new BlobBytes(base);
        BlobBytes to = new BlobBytes(target);
        List<EncodingPlanner.Delta> deltas = new ArrayList<>();
        List<Segment> tensors = TensorAlignment.byTensors(from, to);
        if (!tensors.isEmpty()) {
            deltas.add(encode("by-tensors", from, to, tensors, folder, deadline));
        }
        long covered = tensors.stream().mapToLong(Segment::length).sum();
        if (covered < target.size() * COVERED) {
            deltas.add(encode("straight", from, to, TensorAlignment.straight(from, to), folder, deadline));
        }
        OptionalLong full = rows.ready(target.digest(), List.of()).stream()
                .mapToLong(ReadyEncoding::bytes)
                .min();
        EncodingPlanner.Delta best = EncodingPlanner.plan(target.size(), full, deltas)
                .delta()
                .orElseThrow(() -> new NotWorthIt("the smallest delta has "
                        + deltas.stream()
                                .mapToLong(EncodingPlanner.Delta::bytes)
                                .min()
                                .orElse(0)
                        + " bytes, over " + EncodingPlanner.MAX_DELTA_PERCENT + " % of the full download of "
                        + full.orElse(target.size())));
        Path file = folder.resolve(best.way());
        try (InputStream patch = Files.newInputStream(file)) {
            Td1Decoder.decode(from, patch, target.size(), OutputStream.nullOutputStream());
        }
        return file;
    }

    private EncodingPlanner.Delta encode(
            String way, BlobBytes from, BlobBytes to, List<Segment> segments, Path folder, Instant deadline)
            throws IOException {
        Path file = folder.resolve(way);
        long most = to.size() * EncodingPlanner.MAX_DELTA_PERCENT / 100;
        try (LimitedFile out = limited(file, most, deadline)) {
            Td1Encoder.encode(from, to, segments, out);
        }
        return new EncodingPlanner.Delta(way, Files.size(file));
    }

    private LimitedFile limited(Path file, long most, Instant deadline) throws IOException {
        return new LimitedFile(file, most, () -> clock.instant().isAfter(deadline));
    }

    private ReadyEncoding store(EncodingKey key, Path made) throws IOException {
        ChunkList chunks = ChunkList.of(made, Limits.CHUNK_BYTES);
        byte[] list = chunks.toByteArray();
        try (InputStream content = Files.newInputStream(made)) {
            Stored blob = blobs.put(content, Files.size(made));
            Stored chunkList = blobs.put(new ByteArrayInputStream(list), list.length);
            return new ReadyEncoding(key, blob.digest(), blob.size(), chunkList.digest(), chunkList.size());
        }
    }

    private BlobHandle held(Digest digest) throws IOException {
        Optional<BlobHandle> blob = blobs.find(digest);
        return blob.orElseThrow(() -> new IOException("the bytes of " + digest.shortHex() + " are not stored here"));
    }

    /** Also what an earlier life of this server left half made: only this replica works in this folder. */
    private static void clear(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }
}
