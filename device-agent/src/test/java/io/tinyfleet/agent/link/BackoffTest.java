package io.tinyfleet.agent.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void waits_spread_out_and_never_pass_a_minute() {
        Backoff backoff = new Backoff(new Random(7));
        for (int i = 0; i < 1000; i++) {
            assertThat(backoff.next()).isBetween(Duration.ofMillis(500), Backoff.LAST);
        }
    }

    @Test
    void the_first_wait_is_short_again_after_a_success() {
        Backoff backoff = new Backoff(new Random(7));
        for (int i = 0; i < 20; i++) {
            backoff.next();
        }

        backoff.succeeded();

        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofSeconds(2));
    }
}
