package io.tinyfleet.server.mqtt;

import java.time.Instant;

/** Keeps a bounded number of messages that nobody could read or handle, for people to look at. */
public interface InboundDeadLetters {
    /** Stores in the current transaction. */
    void add(String topic, String reason, byte[] payload, Instant receivedAt);
}
