package io.tinyfleet.server.mqtt;

import java.time.Instant;

/** A message with the right to acknowledge it, while the connection it came over lives. */
record Inbound(String topic, byte[] payload, Instant receivedAt, Receipt receipt) {
    interface Receipt {
        /** False once the connection is gone: the broker will send the message again. */
        boolean isCurrent();

        void acknowledge();
    }
}
