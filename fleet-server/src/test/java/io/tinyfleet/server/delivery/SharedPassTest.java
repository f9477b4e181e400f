package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SharedPassTest {
    @Test
    void chunks_go_out_once_and_in_order() {
        assertThat(rest(new SharedPass(set(7, 2, 4)))).containsExactly(2, 4, 7);
    }

    @Test
    void who_joins_late_is_owed_only_what_has_gone_by() {
        SharedPass pass = new SharedPass(set(0, 1, 2, 3));
        pass.next();
        pass.next();

        pass.join(set(0, 3));

        assertThat(rest(pass)).containsExactly(2, 3);
        assertThat(pass.left()).isEqualTo(set(0));
    }

    @Test
    void a_chunk_that_nobody_else_wanted_waits_for_the_next_sending() {
        SharedPass pass = new SharedPass(set(0, 1));
        pass.next();

        pass.join(set(5));

        assertThat(rest(pass)).containsExactly(1);
        assertThat(pass.left()).isEqualTo(set(5));
    }

    @Test
    void bytes_are_spread_over_time() {
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        SendingPace pace = new SendingPace(1000);

        assertThat(pace.book(500, now)).isZero();
        assertThat(pace.book(500, now)).isEqualTo(Duration.ofMillis(500));
        assertThat(pace.book(500, now)).isEqualTo(Duration.ofMillis(1000));
        assertThat(pace.book(500, now.plusSeconds(10))).isZero();
    }

    private static List<Integer> rest(SharedPass pass) {
        List<Integer> sent = new ArrayList<>();
        for (OptionalInt index = pass.next(); index.isPresent(); index = pass.next()) {
            sent.add(index.getAsInt());
        }
        return sent;
    }

    private static BitSet set(int... indexes) {
        BitSet set = new BitSet();
        for (int index : indexes) {
            set.set(index);
        }
        return set;
    }
}
