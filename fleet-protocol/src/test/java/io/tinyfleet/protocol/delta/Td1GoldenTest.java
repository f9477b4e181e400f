package io.tinyfleet.protocol.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Patches that were written once and must be read forever, by this decoder and by one written in another language from
 * docs/td1.md. Each folder holds base, patch and target; {@link #main} made them and makes only those that are missing.
 */
class Td1GoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/td1");
    private static final Path OTHER_DECODER = Path.of("../docs/td1-decoder.mjs");

    static Stream<Path> vectors() throws IOException {
        try (Stream<Path> folders = Files.list(FOLDER)) {
            return folders.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void a_golden_patch_still_gives_its_target(Path vector) throws Exception {
        byte[] target = Files.readAllBytes(vector.resolve("target"));
        byte[] made = Models.apply(
                Files.readAllBytes(vector.resolve("base")),
                Files.readAllBytes(vector.resolve("patch.td1")),
                target.length);
        assertThat(made).isEqualTo(target);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void a_decoder_written_from_the_specification_reads_it(Path vector, @TempDir Path folder) throws Exception {
        Path made = folder.resolve("target");
        Process node = new ProcessBuilder(
                        "node",
                        OTHER_DECODER.toString(),
                        vector.resolve("base").toString(),
                        vector.resolve("patch.td1").toString(),
                        made.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(node.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(node.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(node.exitValue()).as(said).isZero();
        assertThat(Files.mismatch(made, vector.resolve("target"))).isEqualTo(-1);
    }

    /** Writes the vectors that do not exist yet into {@code src/test/resources/td1} of the folder it runs in. */
    public static void main(String[] arguments) throws IOException {
        byte[] none = {};
        byte[] text = "The quick brown fox jumps over the lazy dog. "
                .repeat(20)
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        write("literal", none, text, List.of());
        write("empty", text, none, List.of());
        byte[] signed = Models.weights(40, 96, 0, 21);
        int length = signed.length;
        write("columns", signed, Models.retrained(signed, 96, 0, 0, 22), new Part.Weights(0, length, 0, 0, 96, 0));
        byte[] unsigned = Models.weights(60, 64, 133, 23);
        write(
                "zero-point",
                unsigned,
                Models.retrained(unsigned, 1, 133, 120, 24),
                new Part.Weights(0, length, 133, 120, 1, 0));
        write("longer-header", signed, signed, Models.withLongerHeader(Models.patch(signed, signed, List.of())));
        write("escapes", signed, Models.weights(40, 96, 0, 26), new Part.Weights(0, length, 0, 0, 48, 0));
        byte[] many = Models.weights(200, 24, 0, 32);
        write("many-rows", many, Models.retrained(many, 24, 0, 0, 33), new Part.Weights(0, many.length, 0, 0, 24, 0));
        byte[] wide = Models.weights(160, 200, 0, 34);
        write("wide-rows", wide, Models.retrained(wide, 200, 0, 0, 35), new Part.Weights(0, wide.length, 0, 0, 200, 0));
        byte[] rows = Models.weights(30, 128, 0, 30);
        write("rows", rows, scaledRows(rows, 128), new Part.Weights(0, length, 0, 0, 1, 128));
        write("forgetful-columns", rows, scaledRows(rows, 640), new Part.Weights(0, length, 3, 2, 128, 640));
        byte[] halves = Models.joined(many, rows);
        byte[] both = Models.joined(
                new byte[] {5, 6}, Models.retrained(many, 33, 0, 0, 36), new byte[] {7}, scaledRows(rows, 48));
        List<Part> parts = List.of(
                new Part.Literal(2),
                new Part.Weights(0, many.length, 0, 0, 33, 50),
                new Part.Literal(1),
                new Part.Weights(many.length, length, 0, 0, 48, 0));
        write("two-tensors", halves, both, Models.patchWith(halves, both, parts));
        byte[] quiet = Models.weights(500, 64, 0, 37);
        byte[] nearly = quiet.clone();
        for (int i = 0; i < nearly.length; i += 997) {
            nearly[i]++;
        }
        write("quiet", quiet, nearly, new Part.Weights(0, quiet.length, 0, 0, 64, 0));
        write("extremes", wide, multiplied(wide, 160), new Part.Weights(0, wide.length, 0, 0, 160, 0));
        byte[] doubles = Models.noise(800, 31);
        byte[] changed = doubles.clone();
        for (int i = 0; i < changed.length; i += 8) {
            changed[i]++;
            changed[i + 1] ^= doubles[i];
        }
        write("wide-elements", doubles, changed, new Part.Bytes(0, 800, 8));
        byte[] floats = floats(600, 27, 0);
        write("floats", floats, floats(600, 27, 1e-3f), List.of(new Segment(0, 0, floats.length, 4, 600)));
        byte[] base = Models.joined(text, signed, floats, Models.noise(77, 28));
        byte[] target = Models.joined(
                Arrays.copyOf(text, 333),
                new byte[] {1, 2, 3},
                floats,
                Models.retrained(signed, 96, 0, 0, 29),
                Models.noise(77, 28));
        write(
                "moved",
                base,
                target,
                List.of(
                        new Segment(text.length + signed.length, 336, floats.length, 4, 600),
                        new Segment(text.length, 336 + floats.length, signed.length, 1, 96)));
    }

    private static void write(String name, byte[] base, byte[] target, Part part) throws IOException {
        write(name, base, target, Models.patchWith(base, target, List.of(part)));
    }

    private static void write(String name, byte[] base, byte[] target, List<Segment> segments) throws IOException {
        write(name, base, target, Models.patch(base, target, segments));
    }

    private static void write(String name, byte[] base, byte[] target, byte[] patch) throws IOException {
        Path folder = FOLDER.resolve(name);
        if (Files.exists(folder)) {
            return;
        }
        Files.createDirectories(folder);
        Files.write(folder.resolve("base"), base);
        Files.write(folder.resolve("target"), target);
        Files.write(folder.resolve("patch.td1"), patch);
    }

    private static byte[] floats(int count, long seed, float change) {
        Random random = new Random(seed);
        ByteBuffer floats = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            floats.putFloat((float) random.nextGaussian() + change * i);
        }
        return floats.array();
    }

    /** By 3 in some columns, which is more than a scale may move, and over the end of a byte in others. */
    private static byte[] multiplied(byte[] weights, int columns) {
        byte[] multiplied = new byte[weights.length];
        for (int i = 0; i < weights.length; i++) {
            multiplied[i] = (byte) (weights[i] * (1 + i % columns % 3));
        }
        return multiplied;
    }

    private static byte[] scaledRows(byte[] weights, int columns) {
        byte[] scaled = new byte[weights.length];
        for (int i = 0; i < weights.length; i++) {
            scaled[i] = (byte) Math.round(weights[i] * (0.8 + 0.02 * (i / columns % 20)));
        }
        return scaled;
    }
}
