package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.DeviceFacts;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A device as it is known at one instant.
 *
 * @param onlineSeconds cumulative and monotone: deadlines count differences of it. Counted from what was heard, so it
 *     trails the clock by at most one heartbeat
 */
public record DeviceSnapshot(
        DeviceId id,
        DeviceKind kind,
        String hardwareClass,
        DevicePresence presence,
        Optional<Instant> lastSeen,
        long onlineSeconds,
        DeviceFacts facts,
        boolean quarantined,
        boolean retired,
        long reportedDesiredSeq,
        Map<SlotName, SlotSnapshot> slots) {
    public DeviceSnapshot {
        slots = Map.copyOf(slots);
    }

    public boolean online() {
        return presence == DevicePresence.ONLINE;
    }
}
