package io.tinyfleet.server.rollout.engine;

/** Whether a device is heard now. UNKNOWN: the server has just started and has not heard of it yet. */
public enum Presence {
    ONLINE,
    OFFLINE,
    UNKNOWN
}
