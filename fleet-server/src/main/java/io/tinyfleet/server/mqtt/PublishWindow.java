package io.tinyfleet.server.mqtt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What one connection has in flight and what waits for it: at most {@code size} messages are given to the client at
 * once, because it throws beyond the broker's receive maximum. Any thread may call.
 */
final class PublishWindow {
    /** Messages that may wait for room; more are refused at once, so that a slow broker cannot fill the heap. */
    static final int MAX_WAITING = 4096;

    /** Gives a message to the connection; it must complete the future, now or later. */
    interface Wire {
        void send(String topic, byte[] payload, Delivery delivery, CompletableFuture<Void> done);
    }

    private record Waiting(String topic, byte[] payload, Delivery delivery, CompletableFuture<Void> done) {}

    private final int size;
    private final Wire wire;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> sent = new ArrayList<>();
    private boolean closed;
    private boolean sending;

    PublishWindow(int size, Wire wire) {
        this.size = size;
        this.wire = wire;
    }

    CompletionStage<Void> publish(String topic, byte[] payload, Delivery delivery) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Waiting message = new Waiting(topic, payload, delivery, done);
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(new MqttUnavailableException("not connected to the broker"));
            }
            if (waiting.size() >= MAX_WAITING) {
                return CompletableFuture.failedFuture(
                        new MqttUnavailableException(MAX_WAITING + " messages wait for the broker already"));
            }
            waiting.add(message);
        }
        sendWhatFits();
        return done;
    }

    /** One thread at a time gives messages to the client. */
    private void sendWhatFits() {
        while (true) {
            Waiting next;
            synchronized (this) {
                next = closed || sending || sent.size() >= size ? null : waiting.poll();
                if (next == null) {
                    return;
                }
                sent.add(next.done);
                sending = true;
            }
            CompletableFuture<Void> done = next.done;
            CompletableFuture<Void> onWire = new CompletableFuture<>();
            onWire.whenComplete((nothing, failure) -> finish(done, failure));
            try {
                wire.send(next.topic, next.payload, next.delivery, onWire);
            } finally {
                synchronized (this) {
                    sending = false;
                }
            }
        }
    }

    private void finish(CompletableFuture<Void> done, Throwable failure) {
        synchronized (this) {
            sent.remove(done);
        }
        if (failure == null) {
            done.complete(null);
        } else {
            done.completeExceptionally(failure);
        }
        sendWhatFits();
    }

    /** Fails everything that has not reached the broker for certain. */
    void close() {
        List<CompletableFuture<Void>> lost;
        synchronized (this) {
            closed = true;
            lost = new ArrayList<>(sent);
            waiting.forEach(message -> lost.add(message.done));
            waiting.clear();
            sent.clear();
        }
        lost.forEach(done -> done.completeExceptionally(new MqttUnavailableException("the connection was lost")));
    }
}
