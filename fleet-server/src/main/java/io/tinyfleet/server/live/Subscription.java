package io.tinyfleet.server.live;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What one client hears. Events of the topic {@code fleet} are held back and merged by type, so that it hears of the
 * fleet once a second at most. The id sent with a message is a place from which resuming misses nothing: it does not
 * move on while a fleet event is held back. Used by the tail's thread only.
 */
final class Subscription {
    static final Duration FLEET_INTERVAL = Duration.ofSeconds(1);
    static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(15);

    private final Set<Topic> topics;
    private final Consumer<LiveMessage> client;
    private final Map<String, LiveEvent> heldBack = new LinkedHashMap<>();

    private Cursor seen;
    private Cursor resumeFrom;
    private long fleetSentNanos;
    private long sentNanos;

    Subscription(Set<Topic> topics, Cursor from, Consumer<LiveMessage> client, long nowNanos) {
        this.topics = Set.copyOf(topics);
        this.client = client;
        this.seen = from;
        this.resumeFrom = from;
        this.fleetSentNanos = nowNanos - FLEET_INTERVAL.toNanos();
        this.sentNanos = nowNanos;
    }

    Set<Topic> topics() {
        return topics;
    }

    Cursor seen() {
        return seen;
    }

    /** Takes the next event of the log; one at or before what was already seen is not for this client. */
    void take(LiveEvent event, long nowNanos) {
        if (!event.cursor().isAfter(seen)) {
            return;
        }
        seen = event.cursor();
        if (!topics.contains(event.topic())) {
            moveOn();
            return;
        }
        if (event.topic().equals(Topic.FLEET)) {
            heldBack.remove(event.type()); // The latest of a type counts, in the order of their last occurrence.
            heldBack.put(event.type(), event);
            return;
        }
        moveOn();
        send(LiveMessage.event(event, resumeFrom), nowNanos);
    }

    /** Sends what is due: held-back fleet events, or a heartbeat. */
    void tick(long nowNanos) {
        if (!heldBack.isEmpty() && nowNanos - fleetSentNanos >= FLEET_INTERVAL.toNanos()) {
            int left = heldBack.size();
            for (LiveEvent event : heldBack.values()) {
                left--;
                send(LiveMessage.event(event, left == 0 ? seen : resumeFrom), nowNanos);
            }
            heldBack.clear();
            moveOn();
            fleetSentNanos = nowNanos;
        }
        if (nowNanos - sentNanos >= HEARTBEAT_INTERVAL.toNanos()) {
            send(LiveMessage.heartbeat(Optional.of(resumeFrom)), nowNanos);
        }
    }

    void tell(LiveMessage message, long nowNanos) {
        send(message, nowNanos);
    }

    private void moveOn() {
        if (heldBack.isEmpty()) {
            resumeFrom = seen;
        }
    }

    private void send(LiveMessage message, long nowNanos) {
        sentNanos = nowNanos;
        client.accept(message);
    }
}
