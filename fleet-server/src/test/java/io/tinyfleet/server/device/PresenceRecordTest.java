package io.tinyfleet.server.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class PresenceRecordTest {
    private static final Instant T0 = Instant.parse("2026-01-05T10:00:00Z");
    private static final PresenceRecord NEW = PresenceRecord.enrolled(T0);

    @Test
    void a_device_is_unknown_until_it_is_heard() {
        assertThat(NEW.presence()).isEqualTo(DevicePresence.UNKNOWN);
        assertThat(NEW.alive(1, 1, T0).presence()).isEqualTo(DevicePresence.ONLINE);
    }

    @Test
    void the_will_of_an_older_connection_says_nothing_about_a_newer_one() {
        PresenceRecord reconnected = NEW.alive(1, 1, T0).alive(1, 2, T0.plusSeconds(5));
        assertThat(reconnected.ended(1, 1, "connection lost", T0.plusSeconds(6)))
                .isEqualTo(reconnected);
        PresenceRecord restarted = reconnected.alive(2, 1, T0.plusSeconds(9));
        assertThat(restarted.ended(1, 2, "connection lost", T0.plusSeconds(10))).isEqualTo(restarted);
    }

    @Test
    void a_heartbeat_that_comes_after_the_will_of_its_connection_does_not_bring_it_back() {
        PresenceRecord gone = NEW.alive(1, 1, T0).ended(1, 1, "connection lost", T0.plusSeconds(5));
        assertThat(gone.alive(1, 1, T0.plusSeconds(6))).isEqualTo(gone);
        assertThat(gone.alive(1, 2, T0.plusSeconds(6)).presence()).isEqualTo(DevicePresence.ONLINE);
    }

    @Test
    void a_device_that_was_only_silent_comes_back_with_a_heartbeat() {
        PresenceRecord silent = NEW.alive(1, 1, T0).silent(T0.plusSeconds(200));
        assertThat(silent.presence()).isEqualTo(DevicePresence.OFFLINE);
        assertThat(silent.alive(1, 1, T0.plusSeconds(201)).presence()).isEqualTo(DevicePresence.ONLINE);
    }

    @Test
    void queued_messages_of_a_device_that_is_gone_do_not_bring_it_back() {
        PresenceRecord gone = NEW.alive(1, 1, T0).ended(1, 1, "connection lost", T0.plusSeconds(5));
        assertThat(gone.signOfLife(T0.plusSeconds(6))).isEqualTo(gone);
    }

    @Test
    void time_online_counts_from_sign_to_sign_and_never_goes_back() {
        PresenceRecord device = NEW.alive(1, 1, T0)
                .alive(1, 1, T0.plusSeconds(60))
                .signOfLife(T0.plusSeconds(90))
                .ended(1, 1, "connection lost", T0.plusSeconds(100));
        assertThat(device.onlineMillis()).isEqualTo(100_000);
        assertThat(device.alive(1, 2, T0.plusSeconds(900)).onlineMillis()).isEqualTo(100_000);
    }

    @Test
    void silence_is_not_time_online() {
        PresenceRecord device = NEW.alive(1, 1, T0).alive(1, 1, T0.plusSeconds(60));
        assertThat(device.silent(T0.plusSeconds(240)).onlineMillis()).isEqualTo(60_000);
    }

    @Test
    void a_long_stretch_between_two_signs_counts_for_three_minutes_at_most() {
        PresenceRecord device = NEW.alive(1, 1, T0).alive(1, 1, T0.plusSeconds(3600));
        assertThat(device.onlineMillis()).isEqualTo(180_000);
    }

    @Test
    void an_instant_from_before_takes_nothing_away() {
        PresenceRecord device = NEW.alive(1, 1, T0).alive(1, 1, T0.plusSeconds(60));
        PresenceRecord after = device.alive(1, 1, T0.plusSeconds(30)).ended(1, 1, "x", T0.plusSeconds(20));
        assertThat(after.onlineMillis()).isEqualTo(60_000);
        assertThat(after.lastSeen()).isEqualTo(T0.plusSeconds(60));
    }

    @Test
    void signs_close_together_change_nothing() {
        PresenceRecord device = NEW.alive(1, 1, T0);
        assertThat(device.signOfLife(T0.plusSeconds(9))).isSameAs(device);
    }
}
