package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.DeviceStateName;
import java.util.Map;

/**
 * Devices by what they are doing. Excluded and offline ones are told apart from failed ones.
 *
 * @param eligible all but the skipped
 * @param offline of the pending and those in flight
 */
public record RolloutCounts(
        long eligible,
        long pending,
        long inFlight,
        long healthy,
        long failed,
        long rolledBack,
        long rejected,
        long timedOut,
        long idle,
        long cancelled,
        long skipped,
        long offline) {

    static RolloutCounts of(Map<DeviceStateName, Long> states, long offline) {
        long all = states.values().stream().mapToLong(Long::longValue).sum();
        long inFlight = states.entrySet().stream()
                .filter(entry -> entry.getKey().isInFlight())
                .mapToLong(Map.Entry::getValue)
                .sum();
        return new RolloutCounts(
                all - count(states, DeviceStateName.SKIPPED),
                count(states, DeviceStateName.PENDING),
                inFlight,
                count(states, DeviceStateName.HEALTHY),
                count(states, DeviceStateName.FAILED),
                count(states, DeviceStateName.ROLLED_BACK),
                count(states, DeviceStateName.REJECTED),
                count(states, DeviceStateName.TIMED_OUT),
                count(states, DeviceStateName.IDLE),
                count(states, DeviceStateName.CANCELLED),
                count(states, DeviceStateName.SKIPPED),
                offline);
    }

    private static long count(Map<DeviceStateName, Long> states, DeviceStateName state) {
        return states.getOrDefault(state, 0L);
    }
}
