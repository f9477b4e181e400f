package io.tinyfleet.protocol.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.delta.CorruptPatchException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A patch is a stranger's bytes: whatever it holds, there is one exception, and neither memory nor disk fills up. */
class Td1AttackTest {
    private static final byte[] BASE = Models.weights(64, 96, 0, 1);
    private static final byte[] TARGET = Models.retrained(BASE, 96, 0, 0, 2);
    private static final byte[] PATCH = Models.patch(BASE, TARGET, List.of(new Segment(0, 0, BASE.length, 1, 96)));
    private static final Digest ANY = Digest.of(TARGET);

    @Test
    void a_poisoned_byte_anywhere_is_noticed() {
        for (int at = 0; at < PATCH.length; at++) {
            byte[] poisoned = PATCH.clone();
            poisoned[at] ^= (byte) (1 + at % 255);
            assertRefused(BASE, poisoned, TARGET.length);
        }
    }

    @Test
    void a_poisoned_range_is_a_wrong_result() {
        byte[] poisoned = PATCH.clone();
        poisoned[PATCH.length / 2] ^= 1;
        assertThat(refusal(BASE, poisoned, TARGET.length).reason())
                .isIn(Reason.WRONG_RESULT, Reason.TRUNCATED, Reason.TRAILING_BYTES);
    }

    @Test
    void a_delta_on_the_wrong_base_is_refused_before_anything_is_written() throws Exception {
        byte[] other = BASE.clone();
        other[BASE.length - 1]++;
        assertWritesNothing(other, Reason.WRONG_BASE);
        assertWritesNothing(Arrays.copyOf(BASE, BASE.length - 1), Reason.WRONG_BASE);
        assertWritesNothing(new byte[0], Reason.WRONG_BASE);
    }

    @Test
    void a_base_that_was_hashed_before_is_compared_by_that_digest() throws Exception {
        BaseBytes other = Models.file(BASE, Optional.of(Digest.of(TARGET)));
        assertWritesNothing(other, Reason.WRONG_BASE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BaseBytes right = Models.file(BASE, Optional.of(Digest.of(BASE)));
        Td1Decoder.decode(right, new ByteArrayInputStream(PATCH), TARGET.length, out);
        assertThat(out.toByteArray()).isEqualTo(TARGET);
    }

    @Test
    void a_base_that_rotted_since_it_was_hashed_is_told_from_a_damaged_patch() {
        byte[] rotted = BASE.clone();
        rotted[BASE.length / 2] ^= 4;
        Optional<Digest> once = Optional.of(Digest.of(BASE));
        assertThat(refusal(Models.file(rotted, once), PATCH).reason()).isEqualTo(Reason.WRONG_BASE);
        byte[] damaged = PATCH.clone();
        damaged[PATCH.length / 2] ^= 1;
        assertThat(refusal(Models.file(BASE, once), damaged).reason()).isNotEqualTo(Reason.WRONG_BASE);
    }

    private static CorruptPatchException refusal(BaseBytes base, byte[] patch) {
        return catchThrowableOfType(
                CorruptPatchException.class,
                () -> Td1Decoder.decode(
                        base, new ByteArrayInputStream(patch), TARGET.length, OutputStream.nullOutputStream()));
    }

    private static void assertWritesNothing(byte[] base, Reason reason) throws Exception {
        assertWritesNothing(Models.file(base), reason);
    }

    private static void assertWritesNothing(BaseBytes base, Reason reason) throws Exception {
        CountingOutput out = new CountingOutput();
        CorruptPatchException refused = catchThrowableOfType(
                CorruptPatchException.class,
                () -> Td1Decoder.decode(base, new ByteArrayInputStream(PATCH), TARGET.length, out));
        assertThat(refused.reason()).isEqualTo(reason);
        assertThat(out.bytes).isZero();
    }

    @Test
    void a_decompression_bomb_is_refused_by_its_announced_size() throws Exception {
        byte[] bomb = Models.patchOf(BASE, Td1Header.MAX_FILE_BYTES, ANY, List.of());
        assertThat(refusal(BASE, bomb, TARGET.length).reason()).isEqualTo(Reason.TARGET_TOO_LARGE);
        assertThat(refusal(BASE, PATCH, TARGET.length - 1).reason()).isEqualTo(Reason.TARGET_TOO_LARGE);
    }

    @Test
    void a_bomb_that_announces_little_never_writes_more() {
        byte[] bomb = Models.patchOf(BASE, 100, ANY, List.of(new Part.Literal(1L << 39)));
        CountingOutput out = new CountingOutput();
        CorruptPatchException refused = catchThrowableOfType(
                CorruptPatchException.class,
                () -> Td1Decoder.decode(Models.file(BASE), new ByteArrayInputStream(bomb), 1 << 20, out));
        assertThat(refused.reason()).isEqualTo(Reason.BEYOND_TARGET);
        assertThat(out.bytes).isZero();
    }

    @Test
    void offsets_outside_the_base_are_refused() {
        long[] offsets = {BASE.length, BASE.length - 9, -1, -BASE.length, Long.MAX_VALUE / 2, Long.MIN_VALUE / 2};
        for (long offset : offsets) {
            for (Part part : List.of(new Part.Bytes(offset, 10, 1), new Part.Weights(offset, 10, 0, 0, 1, 0))) {
                byte[] patch = Models.patchOf(BASE, 1000, ANY, List.of(part));
                assertThat(refusal(BASE, patch, 1000).reason()).as("%s", part).isEqualTo(Reason.OUTSIDE_BASE);
            }
        }
    }

    @Test
    void lengths_outside_base_or_target_are_refused() {
        assertThat(refusal(BASE, Models.patchOf(BASE, 1000, ANY, List.of(new Part.Bytes(0, 1001, 1))), 1000)
                        .reason())
                .isEqualTo(Reason.BEYOND_TARGET);
        long tooLong = BASE.length + 1L;
        assertThat(refusal(BASE, Models.patchOf(BASE, tooLong, ANY, List.of(new Part.Bytes(0, tooLong, 1))), tooLong)
                        .reason())
                .isEqualTo(Reason.OUTSIDE_BASE);
        assertThat(refusal(BASE, Models.patchOf(BASE, 1000, ANY, List.of(new Part.Literal(0))), 1000)
                        .reason())
                .isEqualTo(Reason.MALFORMED_SEGMENT);
    }

    /** Fields 0 kind, 1 length, 2 move, 3 element width, 4 and 5 centres, 6 columns, 7 restart. */
    private static byte[] segment(int kind, long length, long... fields) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new Td1Header(BASE.length, Digest.of(BASE), 1000, ANY).toBytes());
        RangeEncoder coder = new RangeEncoder(out);
        int[] states = AdaptiveBit.states(8 * 256);
        coder.codeTree(states, 0, 8, kind, AdaptiveBit.LIVELY);
        number(coder, states, 1, length);
        number(coder, states, 2, 0);
        if (kind == 1) {
            coder.codeTree(states, 3 * 256, 8, (int) fields[0], AdaptiveBit.LIVELY);
        } else {
            coder.codeTree(states, 4 * 256, 8, 0, AdaptiveBit.LIVELY);
            coder.codeTree(states, 5 * 256, 8, 0, AdaptiveBit.LIVELY);
            number(coder, states, 6, fields[0]);
            number(coder, states, 7, fields[1]);
        }
        coder.finish();
        return out.toByteArray();
    }

    /** A negative number has nine groups and says that more follow. */
    private static void number(RangeEncoder coder, int[] states, int field, long number) throws Exception {
        long rest = number;
        for (int group = 0; group < 9; group++) {
            int low = (int) (rest & 127);
            rest = number < 0 ? rest : rest >>> 7;
            coder.codeTree(states, field * 256, 8, rest == 0 ? low : low | 128, AdaptiveBit.LIVELY);
            if (rest == 0) {
                return;
            }
        }
    }

    @Test
    void fields_that_no_segment_may_have_are_refused() throws Exception {
        List<byte[]> patches = List.of(
                segment(3, 10, 1, 0),
                segment(255, 10, 1, 0),
                segment(1, 10, 0),
                segment(1, 10, 9),
                segment(1, -1, 1),
                segment(2, 10, 0, 0),
                segment(2, 10, -1, 0),
                segment(2, 10, 1L << 62, 0),
                segment(2, 10, 1, -1));
        for (byte[] patch : patches) {
            assertThat(refusal(BASE, patch, 1000).reason()).isEqualTo(Reason.MALFORMED_SEGMENT);
        }
    }

    /** Each new beginning costs as much as there are columns: a few bytes could ask for it at every weight. */
    @Test
    void columns_that_begin_anew_more_often_than_they_are_read_are_refused() throws Exception {
        for (long[] fields : new long[][] {{11, 0}, {8192, 0}, {8193, 0}, {10, 1}, {10, 9}, {2, 1}}) {
            CorruptPatchException refused = refusal(BASE, segment(2, 10, fields), 1000);
            assertThat(refused.reason()).as("%s", Arrays.toString(fields)).isEqualTo(Reason.MALFORMED_SEGMENT);
            assertThat(refused).hasMessageContaining("columns must be");
        }
        assertThat(refusal(BASE, segment(2, 10, 10, 10), 1000).reason()).isNotEqualTo(Reason.MALFORMED_SEGMENT);
    }

    @Test
    void a_patch_cut_off_at_any_byte_is_truncated() {
        for (int length = 0; length < PATCH.length; length++) {
            Reason reason =
                    refusal(BASE, Arrays.copyOf(PATCH, length), TARGET.length).reason();
            assertThat(reason).isEqualTo(length < 6 ? Reason.NOT_TD1 : Reason.TRUNCATED);
        }
    }

    @Test
    void an_endless_stream_is_read_no_further_than_the_target() {
        InputStream endless = new InputStream() {
            private final Random random = new Random(3);

            @Override
            public int read() {
                return random.nextInt(256);
            }
        };
        CountingOutput out = new CountingOutput();
        CorruptPatchException refused = catchThrowableOfType(
                CorruptPatchException.class,
                () -> Td1Decoder.decode(
                        Models.file(BASE),
                        new SequenceInputStream(new ByteArrayInputStream(PATCH), endless),
                        TARGET.length,
                        out));
        assertThat(refused.reason()).isEqualTo(Reason.TRAILING_BYTES);
        assertThat(out.bytes).isEqualTo(TARGET.length);
    }

    @Test
    void another_magic_version_or_flag_is_refused() {
        assertThat(refusal(BASE, changed(0, 0), TARGET.length).reason()).isEqualTo(Reason.NOT_TD1);
        assertThat(refusal(BASE, changed(6, 1), TARGET.length).reason()).isEqualTo(Reason.UNKNOWN_VERSION);
        assertThat(refusal(BASE, changed(7, 1), TARGET.length).reason()).isEqualTo(Reason.UNKNOWN_VERSION);
        assertThat(refusal(BASE, changed(8, 0x7f), TARGET.length).reason()).isEqualTo(Reason.MALFORMED_HEADER);
        assertThat(refusal(BASE, changed(11, 91), TARGET.length).reason()).isEqualTo(Reason.MALFORMED_HEADER);
        assertThat(refusal(BASE, changed(52, 0x80), Long.MAX_VALUE).reason()).isEqualTo(Reason.MALFORMED_HEADER);
        assertThat(refusal(BASE, changed(12, 1), TARGET.length).reason()).isEqualTo(Reason.MALFORMED_HEADER);
    }

    @Test
    void a_refusal_says_what_and_where() {
        CorruptPatchException refused = refusal(BASE, Arrays.copyOf(PATCH, 300), TARGET.length);
        assertThat(refused.code()).isEqualTo("truncated");
        assertThat(refused.patchOffset()).isEqualTo(300);
        assertThat(refused).hasMessage("the patch ends after 300 bytes, in the middle of a segment");
    }

    private static byte[] changed(int at, int value) {
        byte[] changed = PATCH.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static void assertRefused(byte[] base, byte[] patch, long maxBytes) {
        assertThat(refusal(base, patch, maxBytes)).isNotNull();
    }

    private static CorruptPatchException refusal(byte[] base, byte[] patch, long maxBytes) {
        return catchThrowableOfType(CorruptPatchException.class, () -> Models.apply(base, patch, maxBytes));
    }

    private static final class CountingOutput extends OutputStream {
        private long bytes;

        @Override
        public void write(int value) {
            bytes++;
        }

        @Override
        public void write(byte[] buffer, int from, int length) {
            bytes += length;
        }
    }
}
