package io.tinyfleet.server.delivery;

import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.MqttPublisher;
import io.tinyfleet.server.mqtt.MqttUnavailableException;
import jakarta.annotation.Priority;
import jakarta.decorator.Decorator;
import jakarta.decorator.Delegate;
import jakarta.enterprise.inject.Any;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** Stands before the real publisher and answers, while a test says so, as it does without a connection. */
@Decorator
@Priority(1)
class BrokerOutage implements MqttPublisher {
    static final AtomicBoolean DOWN = new AtomicBoolean();

    private final MqttPublisher real;

    BrokerOutage(@Delegate @Any MqttPublisher real) {
        this.real = real;
    }

    @Override
    public CompletionStage<Void> publish(String topic, byte[] payload, Delivery delivery) {
        return DOWN.get()
                ? CompletableFuture.failedFuture(new MqttUnavailableException("not connected to the broker"))
                : real.publish(topic, payload, delivery);
    }
}
