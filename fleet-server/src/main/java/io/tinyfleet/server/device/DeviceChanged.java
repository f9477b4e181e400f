package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;

/**
 * CDI event: presence, reported state or quarantine of a device changed. Fired inside the storing transaction; observe
 * {@code AFTER_SUCCESS} to wake something up.
 */
public record DeviceChanged(DeviceId device) {}
