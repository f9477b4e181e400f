package io.tinyfleet.protocol.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RangeCoderTest {
    private static final int DECISIONS = 100_000;

    /** States of next to never, of one in two and of next to always, by {@link AdaptiveBit}. */
    private static final int[] STATES = {0, 1 << 31, ~1023};

    /** The same for symbols: each but one takes the least share there is. */
    private static final long[] BOUNDS = {
        bounds(1, 2, 3),
        bounds(1, 2, 65_535),
        bounds(1, 65_534, 65_535),
        bounds(65_533, 65_534, 65_535),
        bounds(16_384, 32_768, 49_152)
    };

    private static long bounds(long one, long two, long three) {
        return three << 32 | two << 16 | one;
    }

    private static byte[] written(long seed, int likely) throws IOException, CorruptPatchException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RangeEncoder coder = new RangeEncoder(out);
        walk(coder, new Random(seed), likely, false);
        coder.finish();
        return out.toByteArray();
    }

    /** What is likely is decided in {@code likely} of 256 cases; a reader must be told the same. */
    private static void walk(Coder coder, Random random, int likely, boolean compare)
            throws IOException, CorruptPatchException {
        for (int i = 0; i < DECISIONS; i++) {
            boolean usual = random.nextInt(256) < likely;
            int which = random.nextInt(STATES.length);
            int bit = which == 0 ^ usual ? 1 : 0;
            int decided = coder.code(STATES.clone(), which, compare ? 0 : bit, AdaptiveBit.STEADY);
            int of = random.nextInt(BOUNDS.length);
            int symbol = usual ? (Coder.LAST - of) & Coder.LAST : random.nextInt(4);
            int seen = coder.codeFour(BOUNDS[of], compare ? 0 : symbol);
            if (compare) {
                assertThat(decided).as("decision %d", i).isEqualTo(bit);
                assertThat(seen).as("symbol %d", i).isEqualTo(symbol);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 128, 250, 256})
    void what_was_written_is_read_however_unlikely_it_is(int likely) throws Exception {
        byte[] patch = written(7, likely);
        RangeDecoder reader = new RangeDecoder(new ByteArrayInputStream(patch), 0);
        walk(reader, new Random(7), likely, true);
        reader.requireEnd();
        assertThat(reader.taken()).isEqualTo(patch.length);
    }

    /** The first word is all ones, and no word before it waits for a carry. */
    @Test
    void a_number_next_to_one_is_written_and_read() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RangeEncoder coder = new RangeEncoder(out);
        int count = 9;
        for (int i = 0; i < count; i++) {
            coder.codeFour(bounds(65_533, 65_534, 65_535), Coder.LAST);
        }
        coder.finish();
        byte[] patch = out.toByteArray();
        assertThat(Arrays.copyOf(patch, 4)).containsOnly(0xff);
        RangeDecoder reader = new RangeDecoder(new ByteArrayInputStream(patch), 0);
        for (int i = 0; i < count; i++) {
            assertThat(reader.codeFour(bounds(65_533, 65_534, 65_535), 0)).isEqualTo(Coder.LAST);
        }
        reader.requireEnd();
    }

    /** The number comes near a half from below, with ever more ones, and then goes over it. */
    @ParameterizedTest
    @ValueSource(ints = {6, 15, 40})
    void a_carry_runs_back_over_words_of_ones(int count) throws Exception {
        Random random = new Random(count);
        int carries = 0;
        for (int turn = 0; turn < 300; turn++) {
            long[] bounds = new long[count + 20];
            for (int i = 0; i < bounds.length; i++) {
                int[] three =
                        random.ints(1, 65_536).distinct().limit(3).sorted().toArray();
                bounds[i] = bounds(three[0], three[1], three[2]);
            }
            byte[] half = new byte[4096];
            half[0] = (byte) 0x80;
            RangeDecoder toHalf = new RangeDecoder(new ByteArrayInputStream(half), 0);
            int[] symbols = new int[bounds.length];
            for (int i = 0; i < count; i++) {
                symbols[i] = toHalf.codeFour(bounds[i], 0);
            }
            if (symbols[count - 1] == Coder.LAST) {
                continue;
            }
            symbols[count - 1]++;
            for (int i = count; i < symbols.length; i++) {
                symbols[i] = random.nextInt(4);
            }
            assertReadBack(bounds, symbols);
            carries++;
        }
        assertThat(carries).isPositive();
    }

    private static void assertReadBack(long[] bounds, int[] symbols) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RangeEncoder coder = new RangeEncoder(out);
        for (int i = 0; i < symbols.length; i++) {
            coder.codeFour(bounds[i], symbols[i]);
        }
        coder.finish();
        RangeDecoder reader = new RangeDecoder(new ByteArrayInputStream(out.toByteArray()), 0);
        for (int i = 0; i < symbols.length; i++) {
            assertThat(reader.codeFour(bounds[i], 0)).as("symbol %d", i).isEqualTo(symbols[i]);
        }
        reader.requireEnd();
    }

    @Test
    void what_is_taken_behind_the_end_is_refused() throws Exception {
        RangeDecoder reader = new RangeDecoder(new ByteArrayInputStream(new byte[9]), 100);
        reader.lookAhead();
        reader.next += 3;
        reader.requireTaken();
        reader.next += 1;
        CorruptPatchException refused = catchThrowableOfType(CorruptPatchException.class, reader::requireTaken);
        assertThat(refused.reason()).isEqualTo(Reason.TRUNCATED);
        assertThat(refused).hasMessageContaining("after 109 bytes");
    }

    /** The reader has a form of its own for weights: it must be told what the writer's form was told. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 31, 64, 65, 200})
    void weights_are_read_as_they_were_written_whatever_the_columns(int columns) throws Exception {
        Random random = new Random(columns);
        byte[] base = Models.noise(70_000, columns);
        byte[] target = base.clone();
        for (int i = 0; i < target.length; i++) {
            boolean quiet = i / 5000 % 2 == 0;
            target[i] += (byte) (random.nextInt(quiet ? 100 : 2) == 0 ? random.nextGaussian() * (quiet ? 1 : 40) : 0);
        }
        for (int restart : new int[] {0, columns, 1000}) {
            Part part = new Part.Weights(0, base.length, 7, 9, columns, restart);
            byte[] patch = Models.patchWith(base, target, List.of(part));
            assertThat(Models.apply(base, patch, target.length)).isEqualTo(target);
            assertThat(readPlainly(base, patch, part)).isEqualTo(target);
        }
    }

    /** Through the form that a writer takes, which the weights' fast reader must agree with. */
    private static byte[] readPlainly(byte[] base, byte[] patch, Part part) throws Exception {
        InputStream body = new ByteArrayInputStream(patch, Td1Header.BYTES, patch.length);
        RangeDecoder reader = new RangeDecoder(body, Td1Header.BYTES);
        Coder plain = new Coder() {
            @Override
            int code(int[] models, int index, int bit, int limit) throws IOException, CorruptPatchException {
                return reader.code(models, index, bit, limit);
            }

            @Override
            int codeFour(long bounds, int symbol) throws IOException, CorruptPatchException {
                return reader.codeFour(bounds, symbol);
            }
        };
        PartModels models = new PartModels();
        assertThat(models.parts().read(plain, base.length, base.length, Td1Header.BYTES))
                .isEqualTo(part);
        models.begin(part);
        byte[] made = new byte[base.length];
        models.code(plain, part, base, made, base.length);
        reader.requireEnd();
        return made;
    }
}
