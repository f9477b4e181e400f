package io.tinyfleet.agent.telemetry;

import io.tinyfleet.agent.runtime.WorkerStats;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Window;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes the windows of one slot and hands each over when it closes. The sink is called by whoever closes a window
 * and must not block.
 */
public final class WindowRecorder {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final SlotName slot;
    private final String source;
    private final WindowSurroundings surroundings;
    private final Consumer<Window> sink;
    private volatile Duration interval;

    public WindowRecorder(
            SlotName slot, String source, Duration interval, WindowSurroundings surroundings, Consumer<Window> sink) {
        this.slot = slot;
        this.source = source;
        this.surroundings = surroundings;
        this.sink = sink;
        this.interval = requireInterval(interval);
    }

    /** Begins the first window of a subject. */
    public Recording begin(WindowSubject subject, Supplier<WorkerStats> worker) {
        return new Recording(this, subject, worker);
    }

    /** Holds from the next inference on, also for windows under way. */
    public void interval(Duration next) {
        interval = requireInterval(next);
    }

    /** The name of the slot's input. */
    public String source() {
        return source;
    }

    Duration interval() {
        return interval;
    }

    WindowSurroundings surroundings() {
        return surroundings;
    }

    void handOver(OpenWindow window) {
        if (!window.isEmpty()) {
            sink.accept(window.close(slot, source));
        }
    }

    private static Duration requireInterval(Duration interval) {
        if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("a telemetry window lasts 1 s to 1 h, got " + interval);
        }
        return interval;
    }
}
