package io.tinyfleet.agent;

import io.tinyfleet.agent.clock.ClockTrust;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.reconcile.Moment;
import java.time.InstantSource;

/** The agent's clocks, read together. */
record Clocks(InstantSource wall, Uptime uptime, ClockTrust trust) {
    Moment read() {
        return new Moment(uptime.read(), wall.instant(), trust.synchronised());
    }
}
