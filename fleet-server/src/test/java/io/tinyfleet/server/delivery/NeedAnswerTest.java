package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.v1.ChunkRange;
import io.tinyfleet.protocol.v1.Need;
import io.tinyfleet.server.delivery.NeedAnswer.Refusal;
import io.tinyfleet.server.delivery.NeedAnswer.Refuse;
import io.tinyfleet.server.delivery.NeedAnswer.Send;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class NeedAnswerTest {
    private static final long TEN_CHUNKS = 9L * Limits.CHUNK_BYTES + 1;

    @Test
    void the_chunks_asked_for_are_sent_in_the_order_of_the_ranges() {
        assertThat(answer(need(8, range(7, 2), range(0, 1)))).isEqualTo(new Send(TEN_CHUNKS, List.of(7, 8, 0)));
        assertThat(answer(need(1, range(9, 1)))).isEqualTo(new Send(TEN_CHUNKS, List.of(9)));
    }

    @Test
    void no_more_than_the_window_is_sent() {
        assertThat(answer(need(3, range(0, 2), range(4, 6)))).isEqualTo(new Send(TEN_CHUNKS, List.of(0, 1, 4)));
    }

    @Test
    void a_window_outside_its_limits_is_refused() {
        assertRefused(need(0, range(0, 1)), Refusal.WINDOW_OUT_OF_RANGE);
        assertRefused(need(9, range(0, 1)), Refusal.WINDOW_OUT_OF_RANGE);
        assertRefused(need(-1, range(0, 1)), Refusal.WINDOW_OUT_OF_RANGE);
    }

    @Test
    void a_range_beyond_the_end_is_refused_even_behind_a_full_window() {
        assertRefused(need(8, range(10, 1)), Refusal.RANGE_BEYOND_END);
        assertRefused(need(8, range(9, 2)), Refusal.RANGE_BEYOND_END);
        assertRefused(need(1, range(0, 8), range(20, 1)), Refusal.RANGE_BEYOND_END);
        assertRefused(need(8, range(-1, 1)), Refusal.RANGE_BEYOND_END);
        assertRefused(need(8, range(1, -1)), Refusal.RANGE_BEYOND_END);
        assertRefused(need(8, range(-1, -1)), Refusal.RANGE_BEYOND_END);
    }

    @Test
    void a_need_for_nothing_is_refused() {
        assertRefused(need(8), Refusal.NO_RANGES);
        assertRefused(need(8, range(0, 0)), Refusal.EMPTY_RANGE);
    }

    @Test
    void too_many_ranges_are_refused() {
        ChunkRange[] ranges = new ChunkRange[Limits.MAX_NEED_RANGES + 1];
        java.util.Arrays.fill(ranges, range(0, 1));
        assertRefused(need(8, ranges), Refusal.TOO_MANY_RANGES);
    }

    @Test
    void a_blob_that_is_not_held_is_refused() {
        assertThat(NeedAnswer.of(need(8, range(0, 1)), OptionalLong.empty()))
                .isEqualTo(new Refuse(Refusal.UNKNOWN_BLOB));
    }

    private static void assertRefused(Need need, Refusal refusal) {
        assertThat(answer(need)).isEqualTo(new Refuse(refusal));
    }

    private static NeedAnswer answer(Need need) {
        return NeedAnswer.of(need, OptionalLong.of(TEN_CHUNKS));
    }

    private static Need need(int window, ChunkRange... ranges) {
        return Need.newBuilder().setWindow(window).addAllRanges(List.of(ranges)).build();
    }

    private static ChunkRange range(int first, int count) {
        return ChunkRange.newBuilder().setFirst(first).setCount(count).build();
    }
}
