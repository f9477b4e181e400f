package io.tinyfleet.server.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubscriptionTest {
    private static final Topic DEVICE = new Topic("device:dev-7");

    private final List<LiveMessage> heard = new ArrayList<>();
    private final Subscription subscription =
            new Subscription(Set.of(Topic.FLEET, DEVICE), new Cursor(10, 0), heard::add, 0);

    private static LiveEvent event(long transaction, Topic topic, String type) {
        return new LiveEvent(new Cursor(transaction, transaction), topic, type, "{}");
    }

    private List<String> ids() {
        return heard.stream()
                .map(message -> message.id().orElseThrow().toString())
                .toList();
    }

    private List<String> names() {
        return heard.stream().map(message -> message.name().orElse("heartbeat")).toList();
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    @Test
    void events_of_its_topics_are_heard_at_once_and_others_never() {
        subscription.take(event(11, DEVICE, "device-changed"), 0);
        subscription.take(event(12, new Topic("device:dev-8"), "device-changed"), 0);
        assertThat(ids()).containsExactly("11-11");
    }

    @Test
    void an_event_already_seen_is_not_heard_again() {
        subscription.take(event(11, DEVICE, "device-changed"), 0);
        subscription.take(event(11, DEVICE, "device-changed"), 0);
        subscription.take(event(9, DEVICE, "device-changed"), 0);
        assertThat(heard).hasSize(1);
    }

    @Test
    void the_fleet_is_heard_of_once_a_second_whatever_happens() {
        for (int at = 0; at < 5000; at += 10) {
            subscription.take(event(100 + at, Topic.FLEET, "fleet-changed"), millis(at));
            subscription.tick(millis(at));
        }
        assertThat(heard).hasSize(5);
    }

    @Test
    void fleet_events_of_two_types_are_both_heard() {
        subscription.take(event(11, Topic.FLEET, "fleet-changed"), 0);
        subscription.take(event(12, Topic.FLEET, "rollout-changed"), 0);
        subscription.take(event(13, Topic.FLEET, "fleet-changed"), 0);
        subscription.tick(0);
        assertThat(names()).containsExactly("rollout-changed", "fleet-changed");
    }

    @Test
    void resuming_never_skips_a_fleet_event_that_was_held_back() {
        subscription.take(event(11, Topic.FLEET, "fleet-changed"), 0);
        subscription.tick(0);
        subscription.take(event(12, Topic.FLEET, "fleet-changed"), millis(100));
        subscription.take(event(13, DEVICE, "device-changed"), millis(100));
        subscription.tick(millis(200));
        assertThat(ids()).containsExactly("11-11", "11-11"); // Not 13: the fleet event 12 is still owed.
        subscription.tick(millis(1100));
        assertThat(ids()).containsExactly("11-11", "11-11", "13-13");
    }

    @Test
    void silence_is_broken_by_a_heartbeat_that_moves_the_place_on() {
        subscription.take(event(11, new Topic("device:dev-8"), "device-changed"), 0);
        subscription.tick(millis(14_999));
        assertThat(heard).isEmpty();
        subscription.tick(millis(15_000));
        subscription.tick(millis(15_200));
        assertThat(names()).containsExactly("heartbeat");
        assertThat(ids()).containsExactly("11-11");
    }

    @Test
    void a_topic_that_does_not_exist_is_refused() {
        for (String name :
                List.of("", "fleet ", "fleets", "device:", "device:a/b", "rollout", "job:" + "a".repeat(65))) {
            assertThatThrownBy(() -> new Topic(name)).as(name).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Topic.list("device:1,".repeat(30) + "fleet"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void an_id_that_is_no_place_is_refused() {
        assertThat(Cursor.parse("12-7")).contains(new Cursor(12, 7));
        for (String text : List.of("", "12", "-1-2", "12-7-1", "a-b", "99999999999999999999-1")) {
            assertThat(Cursor.parse(text)).as(text).isEmpty();
        }
    }
}
