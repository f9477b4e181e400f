package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import java.util.List;

/**
 * What a gate reads.
 *
 * @param wave the wave that is asked about
 * @param sizes devices planned in each wave
 * @param opinions attempts offered since the last override of this gate, in offer order; withdrawn offers are not in it
 * @param overridden a person resumed after a FAIL of this gate: the opinions before that are not in the list
 */
public record GateInput(RolloutPlan plan, int wave, List<Integer> sizes, List<Opinion> opinions, boolean overridden) {

    /** What one attempt of one device says. */
    public record Opinion(
            DeviceId device, String hardwareClass, Place place, Value value, Presence presence, Cause cause) {

        public int order() {
            return place.order();
        }

        int wave() {
            return place.wave();
        }

        boolean retry() {
            return place.retry();
        }
    }

    /**
     * Where an attempt stands.
     *
     * @param order place in the order of offers
     * @param wave the wave under which it was offered
     * @param retry not the device's first attempt with the artifact
     */
    public record Place(int order, int wave, boolean retry) {}

    /** First attempts with the artifact only, in offer order. */
    List<Opinion> firstAttempts() {
        return opinions.stream().filter(opinion -> !opinion.retry()).toList();
    }

    int firstWaveSize() {
        return sizes.get(0);
    }
}
