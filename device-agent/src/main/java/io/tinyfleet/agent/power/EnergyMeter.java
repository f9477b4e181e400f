package io.tinyfleet.agent.power;

import io.tinyfleet.protocol.v1.Energy;
import java.time.Duration;

/** One way of knowing what a process costs in energy. Every record of one meter carries the same label. */
public interface EnergyMeter {

    /** Begins a stretch of time. */
    Stretch begin();

    /** A stretch that is being metered. */
    interface Stretch {

        /** The energy from the beginning until now, in which the process used so much CPU time. */
        Energy end(Duration processCpu);
    }
}
