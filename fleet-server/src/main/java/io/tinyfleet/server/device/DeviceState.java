package io.tinyfleet.server.device;

/** The one word for how a device does. */
public enum DeviceState {
    HEALTHY,
    /** Works, but out of its limits. */
    DEGRADED,
    /** Inferences fail. */
    FAILING,
    UPDATING,
    OFFLINE,
    /** The server has just started and has not heard of it. */
    UNKNOWN,
    /** Keeps its model and is offered nothing. */
    QUARANTINED,
    /** May no longer connect. */
    RETIRED
}
