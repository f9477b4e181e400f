package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.power.EnergyMeters;
import io.tinyfleet.agent.telemetry.WindowRecorder;
import io.tinyfleet.agent.telemetry.WindowSurroundings;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** A slot that takes input as fast as it is answered. */
final class Unpaced {
    private Unpaced() {}

    static ServedSlot start(ServedSlot.Feed feed, String source, Consumer<Window> windows) {
        Pacer pacer = new Pacer() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void awaitUntil(long nanos) {}
        };
        WindowSurroundings surroundings = new WindowSurroundings(
                () -> Duration.ofNanos(System.nanoTime()),
                () -> Instant.EPOCH,
                () -> false,
                EnergyMeters.forHardware("generic-x86_64"));
        SlotName slot = new SlotName("vad");
        return ServedSlot.start(
                slot, feed, pacer, new WindowRecorder(slot, source, Duration.ofMinutes(10), surroundings, windows));
    }
}
