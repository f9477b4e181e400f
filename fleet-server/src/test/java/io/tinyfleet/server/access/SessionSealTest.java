package io.tinyfleet.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class SessionSealTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration IDLE = Duration.ofHours(8);
    private static final Duration LIFETIME = Duration.ofDays(7);

    private final SessionSeal seal = new SessionSeal(SessionSeal.randomKey());

    @Test
    void a_sealed_session_opens_again() {
        Session session = new Session("a name with blanks", NOW.minusSeconds(60), NOW);
        assertThat(seal.open(seal.seal(session))).contains(session);
    }

    @Test
    void a_changed_bit_anywhere_is_refused() {
        byte[] whole = Base64.getUrlDecoder().decode(seal.seal(Session.begin("admin", NOW)));
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            assertThat(seal.open(Base64.getUrlEncoder().encodeToString(changed)))
                    .as("byte %d", at)
                    .isEmpty();
        }
    }

    @Test
    void a_cut_session_is_refused() {
        byte[] whole = Base64.getUrlDecoder().decode(seal.seal(Session.begin("admin", NOW)));
        for (int length = 0; length < whole.length; length++) {
            String cut = Base64.getUrlEncoder().encodeToString(Arrays.copyOf(whole, length));
            assertThat(seal.open(cut)).as("length %d", length).isEmpty();
        }
    }

    @Test
    void a_session_of_another_key_is_refused() {
        String other = new SessionSeal(SessionSeal.randomKey()).seal(Session.begin("admin", NOW));
        assertThat(seal.open(other)).isEmpty();
    }

    @Test
    void text_that_is_no_session_is_refused() {
        assertThat(seal.open("")).isEmpty();
        assertThat(seal.open("not base64 at all!")).isEmpty();
        assertThat(seal.open("A".repeat(100_000))).isEmpty();
    }

    @Test
    void a_key_of_another_length_is_refused() {
        assertThatThrownBy(() -> new SessionSeal(new byte[16])).hasMessageContaining("32 bytes, got 16");
    }

    @Test
    void a_session_ends_when_it_is_idle_or_old() {
        Session session = new Session("admin", NOW, NOW);
        assertThat(session.isValidAt(NOW.plus(IDLE).minusMillis(1), IDLE, LIFETIME))
                .isTrue();
        assertThat(session.isValidAt(NOW.plus(IDLE), IDLE, LIFETIME)).isFalse();
        Session alwaysUsed = session.renew(NOW.plus(LIFETIME).minusMillis(1));
        assertThat(alwaysUsed.isValidAt(NOW.plus(LIFETIME).minusMillis(1), IDLE, LIFETIME))
                .isTrue();
        assertThat(alwaysUsed.isValidAt(NOW.plus(LIFETIME), IDLE, LIFETIME)).isFalse();
    }

    @Test
    void a_session_from_the_future_is_refused() {
        assertThat(Session.begin("admin", NOW.plus(Duration.ofHours(1))).isValidAt(NOW, IDLE, LIFETIME))
                .isFalse();
    }
}
