package io.tinyfleet.server.live;

import io.smallrye.mutiny.subscription.MultiEmitter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * One open stream: what it hears, and what it has not read yet. That is bounded; a client that reads too slowly is
 * ended, connects again and resumes. Used by the tail's thread only.
 */
final class StreamClient {
    private final MultiEmitter<? super LiveMessage> emitter;
    private final int maxUnread;
    private final long openedNanos;
    private final Deque<LiveMessage> unread = new ArrayDeque<>();
    private final Subscription subscription;
    private boolean ended;

    StreamClient(Set<Topic> topics, Cursor from, MultiEmitter<? super LiveMessage> emitter, int maxUnread, long now) {
        this.emitter = emitter;
        this.maxUnread = maxUnread;
        this.openedNanos = now;
        this.subscription = new Subscription(topics, from, this::accept, now);
    }

    void tell(LiveMessage message, long nowNanos) {
        subscription.tell(message, nowNanos);
    }

    void take(LiveEvent event, long nowNanos) {
        subscription.take(event, nowNanos);
    }

    void tick(long nowNanos, Duration lifetime) {
        subscription.tick(nowNanos);
        write();
        if (nowNanos - openedNanos >= lifetime.toNanos()) {
            end();
        }
    }

    /** Hands on as much as the connection takes at the moment. */
    void write() {
        while (!unread.isEmpty() && !isOver() && emitter.requested() > 0) {
            emitter.emit(unread.remove());
        }
    }

    boolean isOver() {
        return ended || emitter.isCancelled();
    }

    private void accept(LiveMessage message) {
        if (isOver()) {
            return;
        }
        if (unread.size() >= maxUnread) {
            end();
            return;
        }
        unread.add(message);
        write();
    }

    private void end() {
        ended = true;
        unread.clear();
        emitter.complete();
    }
}
