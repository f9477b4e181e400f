package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import java.util.Set;
import java.util.UUID;

/** Lets the device list be narrowed to a rollout; implemented by the rollout feature. */
public interface RolloutMembers {
    Set<DeviceId> membersOf(UUID rollout);
}
