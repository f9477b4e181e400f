package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.OutLeaf;
import java.time.Instant;

/** One message of a device, as it came from the broker. The payload is not copied: nobody may change it. */
public record InboundMessage(DeviceId device, OutLeaf leaf, byte[] payload, Instant receivedAt) {}
