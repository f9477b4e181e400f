package io.tinyfleet.registry.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.registry.blob.BlobHandle;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever a file holds, looking into it ends with an answer or a refusal: never another exception, never more memory
 * than {@value #MAX_ALLOCATED_BYTES} bytes or more time than {@value #MAX_SECONDS} s for a small file. The seeds lie in
 * {@code src/test/resources/fuzz}; each try changes one of them in up to 12 places, cuts it or lengthens it.
 */
class ParserFuzzTest {
    private static final long MAX_ALLOCATED_BYTES = 64L * 1024 * 1024;
    private static final long MAX_SECONDS = 5;
    private static final int TRIES = 3000;
    private static final int MAX_CHANGES = 12;
    private static final int MAX_PLACE = 1_000_000;

    /** Values that lengths, counts and offsets break at. */
    private static final List<Long> NASTY = List.of(
            0L,
            1L,
            -1L,
            0x7fL,
            0x80L,
            0xffL,
            0x7fffL,
            0xffffL,
            0x7fff_ffffL,
            0x8000_0000L,
            0xffff_ffffL,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            0x7fff_ffff_0000L);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** One place and what is written there: so many bytes of a number, from the lowest. */
    record Change(int place, long value, int bytes) {
        void apply(byte[] file) {
            int at = file.length == 0 ? 0 : place % file.length;
            for (int i = 0; i < bytes && at + i < file.length; i++) {
                file[at + i] = (byte) (value >>> 8 * i);
            }
        }
    }

    @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
    void onnx(@ForAll("onnx") byte[] file) {
        look(file);
    }

    @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
    void tflite(@ForAll("tflite") byte[] file) {
        look(file);
    }

    @Property(tries = TRIES, edgeCases = EdgeCasesMode.NONE)
    void gguf(@ForAll("gguf") byte[] file) {
        look(file);
    }

    @Provide
    Arbitrary<byte[]> onnx() {
        return changed("add.onnx", "if.onnx");
    }

    @Provide
    Arbitrary<byte[]> tflite() {
        return changed("int8-layer.tflite", "relu-chain.tflite");
    }

    @Provide
    Arbitrary<byte[]> gguf() {
        return changed("tiny.gguf", "aligned.gguf");
    }

    private static void look(byte[] file) {
        long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
        long before = System.nanoTime();
        try {
            ModelInspector.inspect(new InMemory(file));
        } catch (ModelRefused refused) {
            assertThat(refused.sentence()).endsWith(".");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before)).isLessThan(MAX_SECONDS);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore).isLessThan(MAX_ALLOCATED_BYTES);
    }

    private static Arbitrary<byte[]> changed(String... seeds) {
        Arbitrary<Long> values = Arbitraries.oneOf(Arbitraries.of(NASTY), Arbitraries.longs());
        Arbitrary<Change> change = Combinators.combine(
                        Arbitraries.integers().between(0, MAX_PLACE), values, Arbitraries.of(1, 1, 2, 4, 8))
                .as(Change::new);
        return Combinators.combine(
                        Arbitraries.of(seeds).map(ParserFuzzTest::seed),
                        change.list().ofMaxSize(MAX_CHANGES),
                        Arbitraries.frequencyOf(
                                Tuple.of(3, Arbitraries.just(100)),
                                Tuple.of(1, Arbitraries.integers().between(0, 150))))
                .as((seed, changes, percent) -> {
                    byte[] file = Arrays.copyOf(seed, seed.length * percent / 100);
                    changes.forEach(c -> c.apply(file));
                    return file;
                });
    }

    private static byte[] seed(String name) {
        try (InputStream in = Objects.requireNonNull(ParserFuzzTest.class.getResourceAsStream("/fuzz/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A blob in memory. */
    private record InMemory(byte[] bytes) implements BlobHandle {
        @Override
        public Digest digest() {
            return Digest.of(bytes);
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public byte[] read(long offset, int length) {
            return Arrays.copyOfRange(bytes, (int) offset, (int) Math.min(bytes.length, offset + length));
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes);
        }
    }
}
