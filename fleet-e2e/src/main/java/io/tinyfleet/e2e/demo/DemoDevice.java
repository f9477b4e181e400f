package io.tinyfleet.e2e.demo;

import io.tinyfleet.e2e.process.Installation;
import java.util.List;
import java.util.Map;

/** One of the three demonstration devices: each listens to another input, at the pace of a microphone. */
public enum DemoDevice {
    SPEECH("vad-speech", "speech"),
    SILENCE("vad-silence", "silence"),
    NOISE("vad-noise", "noise");

    /** The slot that runs the voice detector. */
    public static final String SLOT = "vad";

    private final String id;
    private final String source;

    DemoDevice(String id, String source) {
        this.id = id;
        this.source = source;
    }

    public static final List<DemoDevice> ALL = List.of(values());

    public String id() {
        return id;
    }

    /** Name of the input in telemetry. */
    public String source() {
        return source;
    }

    /** The agent's configuration file. */
    public Map<String, String> settings(Installation installation) {
        String input = this == SPEECH ? installation.speech().toString() : source;
        return Map.of(
                "slot." + SLOT + ".source",
                "replay",
                "slot." + SLOT + ".replay.input",
                input,
                "slot." + SLOT + ".replay.name",
                source,
                "slot." + SLOT + ".replay.pace",
                "realtime",
                "telemetry.window-seconds",
                "10");
    }
}
