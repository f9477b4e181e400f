package io.tinyfleet.server.device;

/** What stands behind a device id; set by the enrolment token and shown everywhere. */
public enum DeviceKind {
    REAL,
    REPLAY,
    SIMULATED
}
