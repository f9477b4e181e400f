package io.tinyfleet.server.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tinyfleet.server.device.StoredMarks.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StoredMarksTest {
    @Test
    void the_prefix_ends_before_the_first_missing_number() {
        StoredMarks marks = StoredMarks.NONE.store(1).store(2).store(4);
        assertThat(marks.upTo()).isEqualTo(2);
        assertThat(marks.contains(4)).isTrue();
        assertThat(marks.contains(3)).isFalse();
    }

    @Test
    void a_number_that_fills_the_gap_takes_all_behind_it_along() {
        assertThat(StoredMarks.NONE.store(3).store(2).store(5).store(1))
                .isEqualTo(new StoredMarks(3, List.of(new Range(5, 5)), 0));
    }

    @Test
    void any_order_and_any_repetition_end_in_the_same_prefix() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<Long> numbers = new ArrayList<>();
            for (long seq = 1; seq <= 60; seq++) {
                numbers.add(seq);
                if (random.nextBoolean()) {
                    numbers.add(seq);
                }
            }
            Collections.shuffle(numbers, random);
            StoredMarks marks = StoredMarks.NONE;
            int stored = 0;
            for (long seq : numbers) {
                if (!marks.contains(seq)) {
                    marks = marks.store(seq);
                    stored++;
                }
            }
            assertThat(stored).isEqualTo(60);
            assertThat(marks).isEqualTo(new StoredMarks(60, List.of(), 0));
        }
    }

    @Test
    void what_was_given_up_closes_the_gap_and_is_counted_once() {
        StoredMarks marks =
                StoredMarks.NONE.store(1).store(4).skip(new Range(2, 5)).skip(new Range(2, 5));
        assertThat(marks).isEqualTo(new StoredMarks(5, List.of(), 3));
    }

    @Test
    void a_range_given_up_in_advance_is_kept_until_the_prefix_reaches_it() {
        StoredMarks marks = StoredMarks.NONE.skip(new Range(3, 1_000_000));
        assertThat(marks.upTo()).isZero();
        assertThat(marks.store(1).store(2).upTo()).isEqualTo(1_000_000);
    }

    @Test
    void the_ranges_beyond_are_bounded() {
        StoredMarks marks = StoredMarks.NONE;
        for (long seq = 3; seq <= 3 + 2L * (StoredMarks.MAX_RANGES - 1); seq += 2) {
            marks = marks.store(seq);
        }
        assertThat(marks.hasRoom()).isTrue();
        assertThat(marks.store(1_000_000).hasRoom()).isFalse();
    }

    @Test
    void a_range_that_goes_down_is_refused() {
        assertThatThrownBy(() -> new Range(5, 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Range(0, 4)).isInstanceOf(IllegalArgumentException.class);
    }
}
