package io.tinyfleet.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LoginAttemptsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration WINDOW = Duration.ofMinutes(15);

    private final LoginAttempts attempts = new LoginAttempts(new LoginAttempts.Limits(3, 5, 8, WINDOW));

    private void fail(String account, String address, int times) {
        for (int time = 0; time < times; time++) {
            assertThat(attempts.begin(account, address, NOW)).isEmpty();
        }
    }

    @Test
    void an_account_waits_at_an_address_after_its_limit_of_failures() {
        fail("admin", "10.0.0.1", 3);
        assertThat(attempts.begin("admin", "10.0.0.1", NOW.plusSeconds(60))).contains(Duration.ofMinutes(14));
        assertThat(attempts.begin("admin", "10.0.0.2", NOW)).isEmpty();
        assertThat(attempts.begin("vera", "10.0.0.1", NOW)).isEmpty();
    }

    @Test
    void an_address_waits_whatever_the_accounts() {
        for (int guess = 0; guess < 5; guess++) {
            fail("account-" + guess, "10.0.0.1", 1);
        }
        assertThat(attempts.begin("account-9", "10.0.0.1", NOW)).contains(WINDOW);
    }

    @Test
    void an_account_waits_whatever_the_addresses() {
        for (int guess = 0; guess < 8; guess++) {
            fail("admin", "10.0.1." + guess, 1);
        }
        assertThat(attempts.begin("admin", "10.0.1.99", NOW)).contains(WINDOW);
    }

    @Test
    void a_refused_attempt_does_not_make_the_wait_longer() {
        fail("admin", "10.0.0.1", 3);
        for (int time = 0; time < 100; time++) {
            attempts.begin("admin", "10.0.0.1", NOW.plusSeconds(time));
        }
        assertThat(attempts.begin("admin", "10.0.0.1", NOW.plus(WINDOW))).isEmpty();
    }

    @Test
    void a_right_password_forgets_the_failures_before_it() {
        fail("admin", "10.0.0.1", 3);
        attempts.succeeded("admin", "10.0.0.1");
        fail("admin", "10.0.0.1", 2);
    }

    @Test
    void what_is_remembered_is_bounded() {
        LoginAttempts many = new LoginAttempts(new LoginAttempts.Limits(3, 1_000_000, 8, WINDOW));
        for (int guess = 0; guess < LoginAttempts.MAX_KEYS; guess++) {
            many.begin("account-" + guess, "10.0.0.1", NOW);
        }
        assertThat(many.knownKeys()).isEqualTo(LoginAttempts.MAX_KEYS);
    }
}
