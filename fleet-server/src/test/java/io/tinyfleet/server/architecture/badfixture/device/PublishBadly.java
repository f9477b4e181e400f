package io.tinyfleet.server.architecture.badfixture.device;

import org.eclipse.paho.mqttv5.common.MqttMessage;

/** Breaks: only the link knows Paho. */
public final class PublishBadly {
    public MqttMessage message() {
        return new MqttMessage();
    }
}
