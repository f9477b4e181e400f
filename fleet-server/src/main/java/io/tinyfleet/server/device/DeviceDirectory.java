package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The devices of the fleet, for other features. */
public interface DeviceDirectory {
    Optional<DeviceSnapshot> find(DeviceId id);

    /** In the order of ids; unknown ids are left out. */
    List<DeviceSnapshot> list(Collection<DeviceId> ids);

    /** In the order of ids. */
    List<DeviceSnapshot> listAll(DeviceFilter filter);

    boolean exists(DeviceId id);

    /** How many devices report each of these files as active; files that nobody runs are left out. */
    Map<Digest, Long> countRunning(Collection<Digest> artifacts);

    /** Keeps the device on its model and out of every offer. A device already in quarantine keeps its first reason. */
    void quarantine(DeviceId id, String reason);
}
