package io.tinyfleet.agent;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One timer a key; a new one moves the old. A handful of keys, so a plain map does. Owned by the loop. */
final class Timers {
    private final Map<String, Timer> timers = new HashMap<>();

    private record Timer(Duration due, Runnable task) {}

    void start(String key, Duration due, Runnable task) {
        timers.put(key, new Timer(due, task));
    }

    void cancel(String key) {
        timers.remove(key);
    }

    Optional<Duration> findNext() {
        return timers.values().stream().map(Timer::due).min(Duration::compareTo);
    }

    /** Takes one whose time has come. */
    Optional<Runnable> takeDue(Duration now) {
        for (Map.Entry<String, Timer> entry : timers.entrySet()) {
            if (entry.getValue().due().compareTo(now) <= 0) {
                timers.remove(entry.getKey());
                return Optional.of(entry.getValue().task());
            }
        }
        return Optional.empty();
    }
}
