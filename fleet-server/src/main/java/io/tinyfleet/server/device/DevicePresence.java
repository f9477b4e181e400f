package io.tinyfleet.server.device;

/** Whether a device is connected; {@code UNKNOWN} from server start until it is heard. */
public enum DevicePresence {
    ONLINE,
    OFFLINE,
    UNKNOWN
}
