package io.tinyfleet.server.architecture.badfixture.device;

/** Breaks: names say something. */
public final class DeviceHelper {}
