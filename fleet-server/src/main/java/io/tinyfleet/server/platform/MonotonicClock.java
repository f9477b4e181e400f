package io.tinyfleet.server.platform;

/** Elapsed time, which never goes back; for pacing and time-outs, never for dates. */
@FunctionalInterface
public interface MonotonicClock {
    long nanos();
}
