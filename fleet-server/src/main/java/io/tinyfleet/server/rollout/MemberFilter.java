package io.tinyfleet.server.rollout;

import io.tinyfleet.server.rollout.engine.DeviceStateName;
import java.util.List;
import java.util.Optional;

/** Which devices of a rollout are listed. */
record MemberFilter(int wave, List<DeviceStateName> states) {
    static final int ANY_WAVE = -2;

    static MemberFilter of(Optional<Integer> wave, List<DeviceStateName> states) {
        return new MemberFilter(wave.orElse(ANY_WAVE), states.isEmpty() ? List.of(DeviceStateName.values()) : states);
    }

    String where() {
        return " m.rolloutId = :rollout and m.state in :states and (:anyWave = true or m.wave = :wave)";
    }
}
