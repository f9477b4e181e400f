package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.DeviceId;

/** The devices' own connections to the broker. */
public interface DeviceConnections {
    /** Ends what the device has open. Does nothing at an external broker: there its credentials must be revoked. */
    void disconnect(DeviceId device);
}
