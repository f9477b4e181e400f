package io.tinyfleet.server.mqtt;

import java.util.concurrent.CompletionStage;

/** Sends messages to the broker, with a bounded number in flight. */
public interface MqttPublisher {
    /**
     * Completes when the broker has the message (at least once) or when it was written to the connection (at most
     * once). Fails with {@link MqttUnavailableException} while there is no connection or the queue is full: whoever
     * must deliver keeps the message and asks again. Never blocks.
     */
    CompletionStage<Void> publish(String topic, byte[] payload, Delivery delivery);
}
