package io.tinyfleet.registry.variant;

import io.tinyfleet.protocol.Digest;

/** What is known from telemetry and benches. */
public interface Measurements {
    /** What that artifact was measured to cost on that hardware class; {@link Measurement#NONE} when never. */
    Measurement find(Digest artifact, String hardwareClass);

    /** For a fleet in which nothing was measured yet. */
    static Measurements none() {
        return (artifact, hardwareClass) -> Measurement.NONE;
    }
}
