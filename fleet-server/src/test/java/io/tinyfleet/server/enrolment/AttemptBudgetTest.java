package io.tinyfleet.server.enrolment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class AttemptBudgetTest {
    private static final Instant T0 = Instant.parse("2026-01-05T10:00:00Z");
    private final AttemptBudget budget = new AttemptBudget(100, 20);

    @Test
    void twenty_wrong_attempts_in_a_minute_are_enough() {
        for (int i = 0; i < 20; i++) {
            assertThat(budget.take("a", T0)).isTrue();
            budget.fail("a", T0);
        }
        assertThat(budget.take("a", T0.plusSeconds(59))).isFalse();
        assertThat(budget.take("b", T0)).isTrue();
        assertThat(budget.take("a", T0.plusSeconds(60))).isTrue();
    }

    @Test
    void right_attempts_have_their_own_larger_limit() {
        for (int i = 0; i < 100; i++) {
            assertThat(budget.take("a", T0)).isTrue();
        }
        assertThat(budget.take("a", T0)).isFalse();
    }
}
