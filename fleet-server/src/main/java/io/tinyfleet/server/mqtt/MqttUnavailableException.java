package io.tinyfleet.server.mqtt;

/** The message did not reach the broker; it may be published again. */
public final class MqttUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MqttUnavailableException(String message) {
        super(message);
    }

    public MqttUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
