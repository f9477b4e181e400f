package io.tinyfleet.server.mqtt;

/** How surely a message reaches the broker. Exactly-once is not offered: marks and digests make repeats harmless. */
public enum Delivery {
    AT_MOST_ONCE(0),
    AT_LEAST_ONCE(1);

    private final int qos;

    Delivery(int qos) {
        this.qos = qos;
    }

    int qos() {
        return qos;
    }
}
