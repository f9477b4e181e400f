package io.tinyfleet.server.device;

import io.tinyfleet.protocol.InLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.server.mqtt.Delivery;
import io.tinyfleet.server.mqtt.MqttPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import org.jboss.logging.Logger;

/** Sends marks after the commit. One that is lost is sent again when the device repeats its message. */
@ApplicationScoped
class AckSender {
    private static final Logger LOG = Logger.getLogger(AckSender.class);

    private final MqttPublisher publisher;

    AckSender(MqttPublisher publisher) {
        this.publisher = publisher;
    }

    void send(@Observes(during = TransactionPhase.AFTER_SUCCESS) AcksDue due) {
        due.acks()
                .forEach((device, ack) -> publisher
                        .publish(Topics.deviceIn(device, InLeaf.ACK), ack.toByteArray(), Delivery.AT_LEAST_ONCE)
                        .exceptionally(failure -> {
                            LOG.debugf("ack not sent device=%s reason=%s", device, failure.getMessage());
                            return null;
                        }));
    }
}
