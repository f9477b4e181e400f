package io.tinyfleet.protocol.delta;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Spoilt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * Whatever bytes come as a patch: the announced target, or a {@link CorruptPatchException}; nothing else is thrown and
 * never more is written than was allowed. The golden patches are the seeds.
 */
class Td1FuzzTest {
    private static final int TRIES = 1500;
    private static final Path SEEDS = Path.of("src/test/resources/td1");
    private static final List<Vector> VECTORS = vectors();

    private record Vector(byte[] base, byte[] patch, byte[] target) {}

    /** A patch and the base that a device has when it comes. */
    record Arrival(byte[] base, byte[] patch, int maxBytes) {}

    private static final class Bounded extends OutputStream {
        private final int maxBytes;
        private final Digest.Hasher hasher = Digest.hasher();
        private int bytes;

        Bounded(int maxBytes) {
            this.maxBytes = maxBytes;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte @Nullable [] content, int from, int length) {
            bytes += length;
            if (bytes > maxBytes) {
                throw new AssertionError("wrote " + bytes + " bytes, allowed were " + maxBytes);
            }
            hasher.update(Objects.requireNonNull(content), from, length);
        }
    }

    private static void refusedOrRight(Arrival arrival) throws IOException {
        Bounded out = new Bounded(arrival.maxBytes());
        try {
            Td1Header header = Td1Decoder.decode(
                    Models.file(arrival.base()), new ByteArrayInputStream(arrival.patch()), arrival.maxBytes(), out);
            if (!out.hasher.digest().equals(header.target())) {
                throw new AssertionError("taken, and not what the header announces");
            }
        } catch (CorruptPatchException e) {
            if (e.getMessage() == null || e.getMessage().isBlank()) {
                throw new AssertionError("a refusal says why", e);
            }
        }
    }

    @Property(tries = TRIES, seed = "20260321")
    void random_bytes_are_refused(@ForAll byte[] patch) throws IOException {
        Vector any = VECTORS.get(0);
        refusedOrRight(new Arrival(any.base(), patch, any.target().length));
    }

    @Property(tries = TRIES, seed = "20260322")
    void spoilt_patches_are_refused_or_still_right(@ForAll("spoilt") Arrival arrival) throws IOException {
        refusedOrRight(arrival);
    }

    @Property(tries = TRIES, seed = "20260323")
    void any_stream_behind_a_sound_header_is_refused_or_right(@ForAll("streams") Arrival arrival) throws IOException {
        refusedOrRight(arrival);
    }

    @Provide
    Arbitrary<Arrival> spoilt() {
        return Arbitraries.of(VECTORS)
                .flatMap(vector -> Spoilt.of(vector.patch()).map(patch -> arrival(vector, patch)));
    }

    /** The header stays, so that the decoder behind it gets what no honest encoder wrote. */
    @Provide
    Arbitrary<Arrival> streams() {
        return Arbitraries.of(VECTORS)
                .flatMap(vector -> Arbitraries.bytes()
                        .array(byte[].class)
                        .ofMaxSize(200)
                        .map(stream -> {
                            byte[] patch = Arrays.copyOf(vector.patch(), Td1Header.BYTES + stream.length);
                            System.arraycopy(stream, 0, patch, Td1Header.BYTES, stream.length);
                            return arrival(vector, patch);
                        }));
    }

    @Property(tries = TRIES, seed = "20260324")
    void any_weights_are_refused_or_right(@ForAll("weights") Arrival arrival) throws IOException {
        refusedOrRight(arrival);
    }

    /** A sound segment of weights, and noise where its weights should be. */
    @Provide
    Arbitrary<Arrival> weights() {
        Vector any = VECTORS.stream()
                .max(Comparator.comparingInt(vector -> vector.base().length))
                .orElseThrow();
        int length = any.base().length;
        Arbitrary<Integer> columns = Arbitraries.integers().between(1, 400);
        Arbitrary<Integer> restarts = Arbitraries.integers().between(0, 3);
        Arbitrary<byte[]> noise = Arbitraries.bytes().array(byte[].class).ofMaxSize(3000);
        return Combinators.combine(columns, restarts, noise).as((wide, restart, behind) -> {
            Part part = new Part.Weights(0, length, 7, 250, wide, (long) restart * wide);
            byte[] sound = Models.patchOf(any.base(), length, Digest.of(any.target()), List.of(part));
            // What the writer flushed at its end is 8 bytes, of which the first few are the segment's.
            return arrival(any, Models.joined(Arrays.copyOf(sound, sound.length - 4), behind));
        });
    }

    private static Arrival arrival(Vector vector, byte[] patch) {
        return new Arrival(vector.base(), patch, vector.target().length);
    }

    private static List<Vector> vectors() {
        try (Stream<Path> folders = Files.list(SEEDS)) {
            return folders.sorted().map(Td1FuzzTest::vector).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Vector vector(Path folder) {
        try {
            return new Vector(
                    Files.readAllBytes(folder.resolve("base")),
                    Files.readAllBytes(folder.resolve("patch.td1")),
                    Files.readAllBytes(folder.resolve("target")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
