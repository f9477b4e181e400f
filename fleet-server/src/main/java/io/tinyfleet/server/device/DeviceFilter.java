package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import java.util.Set;

/** Which devices are meant; an empty set does not restrict. Retired devices never match. */
public record DeviceFilter(Set<DeviceId> devices, Set<String> hardwareClasses) {
    public static final DeviceFilter ALL = new DeviceFilter(Set.of(), Set.of());

    public DeviceFilter {
        devices = Set.copyOf(devices);
        hardwareClasses = Set.copyOf(hardwareClasses);
    }
}
