package io.tinyfleet.server.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BackOffTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @Test
    void the_next_try_comes_later_each_time_up_to_a_limit() {
        Duration max = Duration.ofSeconds(30);

        assertThat(SendDesired.nextTry(NOW, 1, max)).isEqualTo(NOW.plusSeconds(1));
        assertThat(SendDesired.nextTry(NOW, 2, max)).isEqualTo(NOW.plusSeconds(2));
        assertThat(SendDesired.nextTry(NOW, 5, max)).isEqualTo(NOW.plusSeconds(16));
        assertThat(SendDesired.nextTry(NOW, 6, max)).isEqualTo(NOW.plusSeconds(30));
        assertThat(SendDesired.nextTry(NOW, Integer.MAX_VALUE, max)).isEqualTo(NOW.plusSeconds(30));
    }
}
