package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.Ack;
import java.util.Map;

/** CDI event: what devices are told once the transaction is committed. */
record AcksDue(Map<DeviceId, Ack> acks) {
    AcksDue {
        acks = Map.copyOf(acks);
    }
}
