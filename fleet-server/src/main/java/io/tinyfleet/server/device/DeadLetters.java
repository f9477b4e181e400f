package io.tinyfleet.server.device;

import java.time.Instant;
import java.util.List;

/** Messages of devices that nobody could read. */
public interface DeadLetters {
    /** Newest first. */
    List<DeadLetter> newest(int limit);

    long count();

    record DeadLetter(long id, String topic, String reason, int bytes, Instant receivedAt) {}
}
