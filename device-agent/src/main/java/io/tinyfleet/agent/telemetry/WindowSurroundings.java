package io.tinyfleet.agent.telemetry;

import io.tinyfleet.agent.clock.ClockTrust;
import io.tinyfleet.agent.clock.Uptime;
import io.tinyfleet.agent.power.EnergyMeter;
import java.time.InstantSource;

/** The clocks and the meter that windows are made with. */
public record WindowSurroundings(Uptime uptime, InstantSource wall, ClockTrust trust, EnergyMeter meter) {}
