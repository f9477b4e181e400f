package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.Window;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where windows go that are not marked yet; implemented by telemetry. */
public interface WindowSink {
    /** A window that a device sent, under the number it sent it. */
    record ReceivedWindow(
            DeviceId device,
            String hardwareClass,
            int keyGeneration,
            long bootCounter,
            long seq,
            Window window,
            Instant receivedAt) {}

    /** Why the window cannot be stored, as a stable word with a sentence; empty when it can. */
    Optional<String> refusal(Window window);

    /** Stores in the caller's transaction, and says what each window means for its slot. */
    List<SlotFigures> store(List<ReceivedWindow> windows);
}
