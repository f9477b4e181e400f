package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.DeviceId;

/** Decides whether a device may use the embedded broker. Asked for every session and every permission: must be quick. */
public interface DeviceCredentials {
    boolean accepts(DeviceId device, String password);
}
