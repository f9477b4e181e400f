package io.tinyfleet.server.telemetry;

import io.tinyfleet.protocol.v1.Window;
import io.tinyfleet.server.device.SlotFigures;
import io.tinyfleet.server.device.WindowSink;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/** Stores windows raw and in their rollups. */
@ApplicationScoped
class WindowStore implements WindowSink {
    private final WindowRepository windows;
    private final RollupRepository rollups;
    private final ShadowComparisons shadows;
    private final WindowPartitions partitions;

    WindowStore(
            WindowRepository windows,
            RollupRepository rollups,
            ShadowComparisons shadows,
            WindowPartitions partitions) {
        this.windows = windows;
        this.rollups = rollups;
        this.shadows = shadows;
        this.partitions = partitions;
    }

    @Override
    public Optional<String> refusal(Window window) {
        return WindowCheck.refusal(window);
    }

    @Override
    public List<SlotFigures> store(List<ReceivedWindow> received) {
        if (received.isEmpty()) {
            return List.of();
        }
        received.stream()
                .map(window -> WindowRepository.day(window.receivedAt()))
                .distinct()
                .forEach(partitions::ensure);
        windows.store(received);
        rollups.add(received);
        shadows.add(received);
        return received.stream().map(WindowFigures::of).toList();
    }
}
