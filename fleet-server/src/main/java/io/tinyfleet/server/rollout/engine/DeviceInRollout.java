package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;

/**
 * A device in a rollout.
 *
 * @param wave the wave it was planned in, from 0; -1 for a device that the plan left out
 */
public record DeviceInRollout(DeviceId device, String hardwareClass, int wave, DeviceState state, Exposure exposure) {

    /** The wave index of a device that the plan left out. */
    public static final int NO_WAVE = -1;

    DeviceInRollout with(DeviceState next) {
        return new DeviceInRollout(device, hardwareClass, wave, next, exposure);
    }

    DeviceInRollout with(DeviceState next, Exposure changed) {
        return new DeviceInRollout(device, hardwareClass, wave, next, changed);
    }

    DeviceInRollout with(Exposure changed) {
        return new DeviceInRollout(device, hardwareClass, wave, state, changed);
    }

    boolean isInFlight() {
        return state instanceof DeviceState.InFlight;
    }

    boolean isPending() {
        return state instanceof DeviceState.Pending;
    }

    /** True while its newest offer has a place in the sequence of evidence: not before it, and not once it was withdrawn. */
    boolean isInSequence() {
        return exposure.offer().isPresent() && !isPending() && !(state instanceof DeviceState.Skipped);
    }

    /** What its first attempt says about the artifact. */
    Value firstWord() {
        return exposure.first().map(Exposure.First::value).orElseGet(state::value);
    }

    /** A person asks for another attempt of a device that ended without success. */
    public DeviceInRollout retry() {
        if (!(state instanceof DeviceState.Retryable ended)) {
            throw new IllegalStateException(device + " is " + state.name() + ": only failed devices are tried again");
        }
        return with(ended.retry(), exposure.retried(state.value()));
    }
}
