package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.AttemptId;
import java.time.Instant;
import java.util.Optional;

/**
 * What a device was offered in a rollout.
 *
 * @param offer the newest offer, also after it was withdrawn
 * @param wantsNew the device's desired state points to the new artifact; false before an offer and after the way back
 * @param withdrawals offers in a row that the device did not acknowledge in time
 * @param retry a person asked for another attempt; the next offer lifts the penalty box
 * @param first what the first attempt said, kept when a person asks for another one
 */
public record Exposure(Optional<Offer> offer, boolean wantsNew, int withdrawals, boolean retry, Optional<First> first) {

    public static final Exposure NONE = new Exposure(Optional.empty(), false, 0, false, Optional.empty());

    /**
     * One offer.
     *
     * @param order place in the rollout's sequence of offers, from 1
     * @param wave the wave under which it was made, which for a straggler is not the wave it was planned in
     */
    public record Offer(AttemptId attempt, int order, int wave, Instant at) {}

    /** A first attempt that a person has let be followed by another: its place in the order of offers, and what it said. */
    public record First(int order, int wave, Value value) {
        /** The device had failed with the artifact before this rollout: no attempt in it is a first one. */
        static final First EARLIER = new First(0, DeviceInRollout.NO_WAVE, Value.NONE);
    }

    Exposure offered(Offer made) {
        return new Exposure(Optional.of(made), true, withdrawals, retry, first);
    }

    Exposure withdrawn() {
        return new Exposure(offer, false, withdrawals + 1, retry, first);
    }

    Exposure reverted() {
        return new Exposure(offer, false, withdrawals, retry, first);
    }

    Exposure retried(Value said) {
        First kept = first.orElseGet(() ->
                offer.map(made -> new First(made.order(), made.wave(), said)).orElse(First.EARLIER));
        return new Exposure(offer, wantsNew, 0, true, Optional.of(kept));
    }
}
