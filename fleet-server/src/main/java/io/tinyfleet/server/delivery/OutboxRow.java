package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;

/** "Publish to this device", and how often that has been tried. */
record OutboxRow(long id, DeviceId device, int attempts) {}
