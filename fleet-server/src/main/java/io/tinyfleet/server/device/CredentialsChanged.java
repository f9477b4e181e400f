package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;

/** CDI event: what a device may connect with has changed. Fired inside the storing transaction. */
public record CredentialsChanged(DeviceId device) {}
