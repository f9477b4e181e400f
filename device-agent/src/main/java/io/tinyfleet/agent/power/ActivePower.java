package io.tinyfleet.agent.power;

import java.util.Map;
import java.util.Optional;

/**
 * What one busy core of a hardware class draws beyond idle, in watts: (full load - idle) / cores. Published figures,
 * not measurements of the device at hand; a changed figure is a new version of its row.
 *
 * <table>
 * <caption>Sources</caption>
 * <tr><td>generic-x86_64 v1</td><td>2.8 W: Cloud Carbon Footprint, methodology, appendix I: average of server
 *     micro-architectures, 0.74 W idle and 3.5 W at full load for a virtual core</td></tr>
 * <tr><td>raspberry-pi-4 v1</td><td>1.0 W: G. Halfacree, "Thermal testing Raspberry Pi 4", Raspberry Pi blog,
 *     November 2019: 2.4 W idle and 6.4 W with all four cores under stress-ng, which includes a GPU load and so is
 *     an upper figure</td></tr>
 * </table>
 *
 * Takes no account of clock frequency, memory and peripherals. Expect the truth within a factor of two, so it
 * compares two models on one class and says little about a battery.
 */
public record ActivePower(String hardwareClass, int version, double wattsPerBusyCore) {

    private static final Map<String, ActivePower> TABLE = Map.of(
            "generic-x86_64", new ActivePower("generic-x86_64", 1, 2.8),
            "raspberry-pi-4", new ActivePower("raspberry-pi-4", 1, 1.0));

    public ActivePower {
        if (!(wattsPerBusyCore > 0 && wattsPerBusyCore <= 100)) {
            throw new IllegalArgumentException(
                    "a busy core draws more than 0 and at most 100 W, got " + wattsPerBusyCore);
        }
        if (version < 1) {
            throw new IllegalArgumentException("versions of a table's row start at 1, got " + version);
        }
    }

    /** Empty for a class nobody has given a figure for: then nothing is estimated. */
    public static Optional<ActivePower> find(String hardwareClass) {
        return Optional.ofNullable(TABLE.get(hardwareClass));
    }
}
