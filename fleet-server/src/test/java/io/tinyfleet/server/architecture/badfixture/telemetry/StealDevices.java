package io.tinyfleet.server.architecture.badfixture.telemetry;

import io.tinyfleet.server.architecture.badfixture.device.DeviceEntity;

/** Breaks: entities stay in their feature; no cycles between features. */
public final class StealDevices {
    public DeviceEntity steal() {
        return new DeviceEntity("dev-7");
    }
}
