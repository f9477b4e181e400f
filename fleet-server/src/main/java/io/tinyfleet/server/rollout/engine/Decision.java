package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.DeviceId;
import java.time.Instant;

/** One step that the engine wants taken. {@link Engine#apply} says what it does to the stored state. */
public sealed interface Decision {

    /** Point the device's desired state to the new artifact. */
    record Offer(DeviceId device, AttemptId attempt, int order, int wave, boolean retry, PhaseClock clock)
            implements Decision {}

    /** The offer was not acknowledged in time: the old desired state again, and the device is PENDING again. */
    record Withdraw(DeviceId device) implements Decision {}

    record MoveDevice(DeviceId device, DeviceState state) implements Decision {}

    /** Point the device's desired state back to what it held before. */
    record Revert(DeviceId device) implements Decision {}

    record OpenWave(int wave, Instant at) implements Decision {}

    record Soak(int wave, Instant endsAt) implements Decision {}

    record PassWave(int wave, String sentence) implements Decision {}

    record FailWave(int wave, String sentence) implements Decision {}

    /** No device is left in it. */
    record SkipWave(int wave) implements Decision {}

    record RecordVerdict(int wave, GateName gate, Assessment assessment) implements Decision {}

    record Pause(Reason why) implements Decision {}

    record RollBack(Reason why) implements Decision {}

    /** Every exposed device is back, or will be when it returns. */
    record FinishRollBack() implements Decision {}

    record Complete() implements Decision {}
}
