package io.tinyfleet.server.rollout.engine;

import java.util.List;
import java.util.Map;

/**
 * All that is stored of one rollout.
 *
 * @param devices in planned order: by wave, then by place in the wave
 * @param recorded what each gate last said for each wave
 * @param overrides gates that a person resumed past, with the last place in the offer order that is left behind: the
 *     gate's new test begins after it
 */
public record Snapshot(
        RolloutPlan plan,
        RolloutState state,
        List<WaveState> waves,
        List<DeviceInRollout> devices,
        Map<GateKey, Assessment> recorded,
        Map<GateName, Integer> overrides) {

    public record GateKey(int wave, GateName gate) {}

    public Snapshot {
        waves = List.copyOf(waves);
        devices = List.copyOf(devices);
        recorded = Map.copyOf(recorded);
        overrides = Map.copyOf(overrides);
        if (waves.size() != plan.waves().size()) {
            throw new IllegalArgumentException(
                    "the plan has " + plan.waves().size() + " waves, the state " + waves.size());
        }
    }

    public Snapshot with(RolloutState next) {
        return new Snapshot(plan, next, waves, devices, recorded, overrides);
    }

    /** The highest place in the offer order so far; 0 before the first offer. */
    public int lastOrder() {
        return devices.stream()
                .flatMap(device -> device.exposure().offer().stream())
                .mapToInt(Exposure.Offer::order)
                .max()
                .orElse(0);
    }
}
