package io.tinyfleet.server.architecture.badfixture.device;

import io.tinyfleet.server.architecture.badfixture.telemetry.StealDevices;

/** A table of one feature, which knows another feature: the other half of a cycle. */
public record DeviceEntity(String id) {
    public StealDevices thief() {
        return new StealDevices();
    }
}
