package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The settings of {@code agent.properties}, all with defaults. Every problem is reported at once, an unknown key is one.
 *
 * @param javaCommand command and leading arguments that start a worker
 * @param logBytes of all files of the log together
 * @param apiPort where applications on this device are answered; empty: nowhere
 */
record AgentSettings(
        Map<SlotName, SlotSettings> slots,
        Duration windowInterval,
        List<String> javaCommand,
        long outboxBytes,
        EventLog.Level logLevel,
        long logBytes,
        OptionalInt apiPort) {

    private static final int MAX_PORT = 65_535;
    private static final int MAX_WINDOW_SECONDS = 3600;
    private static final int DEFAULT_WINDOW_SECONDS = 300;
    private static final int MAX_LOG_MEGABYTES = 1024;
    private static final int DEFAULT_LOG_MEGABYTES = 4;
    private static final int MAX_OUTBOX_MEGABYTES = 1024;
    private static final int DEFAULT_OUTBOX_MEGABYTES = 2;

    /** No file means no slots and defaults for the rest. */
    static AgentSettings read(AgentHome home) throws IOException, SettingsFile.SettingsException {
        SettingsFile file = SettingsFile.read(home);
        AgentSettings settings = new AgentSettings(
                SlotSettings.readAll(file),
                Duration.ofSeconds(file.number("telemetry.window-seconds", DEFAULT_WINDOW_SECONDS, MAX_WINDOW_SECONDS)),
                command(file.text("java.command", System.getProperty("java.home", "/usr") + "/bin/java")),
                (long) file.number("outbox.max-megabytes", DEFAULT_OUTBOX_MEGABYTES, MAX_OUTBOX_MEGABYTES) << 20,
                file.choice("log.level", EventLog.Level.INFO),
                (long) file.number("log.max-megabytes", DEFAULT_LOG_MEGABYTES, MAX_LOG_MEGABYTES) << 20,
                port(file));
        file.refuseProblems();
        return settings;
    }

    /** What feeds each slot, for people. */
    Map<String, String> sources() {
        Map<String, String> names = new TreeMap<>();
        slots.forEach((slot, settings) -> names.put(slot.value(), settings.name()));
        return names;
    }

    private static OptionalInt port(SettingsFile file) {
        String value = file.text("api.port", "off");
        if (value.equals("off")) {
            return OptionalInt.empty();
        }
        if (!value.matches("[0-9]{1,5}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > MAX_PORT) {
            file.problem("api.port must be off or 1.." + MAX_PORT + ", got \"" + value + "\"");
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(value));
    }

    private static List<String> command(String words) {
        return Arrays.asList(words.split("\\s+", -1));
    }
}
