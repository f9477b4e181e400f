package io.tinyfleet.agent;

import io.tinyfleet.agent.install.AgentHome;
import io.tinyfleet.agent.log.EventLog;
import io.tinyfleet.agent.serve.Pace;
import io.tinyfleet.protocol.SlotName;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of {@code agent.properties}, all with defaults. Every problem is reported at once, an unknown key is one.
 *
 * @param javaCommand command and leading arguments that start a worker
 */
record AgentSettings(
        Map<SlotName, SlotSettings> slots,
        Duration windowInterval,
        List<String> javaCommand,
        long outboxBytes,
        EventLog.Level logLevel) {

    private static final Pattern SLOT_KEY =
            Pattern.compile("slot\\.([^.]+)\\.(source|replay\\.input|replay\\.name|replay\\.pace)");
    private static final int MAX_WINDOW_SECONDS = 3600;
    private static final int DEFAULT_WINDOW_SECONDS = 300;
    private static final int MAX_OUTBOX_MEGABYTES = 1024;
    private static final int DEFAULT_OUTBOX_MEGABYTES = 2;

    /**
     * Where a slot's input comes from.
     *
     * @param name goes into each telemetry window
     */
    record SlotSettings(String input, String name, Pace pace) {}

    /** All that is wrong with the file, one sentence each. */
    static final class SettingsException extends Exception {
        private static final long serialVersionUID = 1L;

        SettingsException(Path file, List<String> problems) {
            super(file + ":\n  " + String.join("\n  ", problems));
        }
    }

    /** No file means no slots and defaults for the rest. */
    static AgentSettings read(AgentHome home) throws IOException, SettingsException {
        Properties properties = new Properties();
        if (Files.exists(home.settings())) {
            try (Reader reader = Files.newBufferedReader(home.settings())) {
                properties.load(reader);
            } catch (IllegalArgumentException e) {
                throw new SettingsException(home.settings(), List.of(String.valueOf(e.getMessage())));
            }
        }
        Parsing parsing = new Parsing(home, properties);
        AgentSettings settings = parsing.settings();
        if (!parsing.problems.isEmpty()) {
            throw new SettingsException(home.settings(), parsing.problems);
        }
        return settings;
    }

    /** One reading of the file; lives for one call. */
    private static final class Parsing {
        private final AgentHome home;
        private final Properties properties;
        private final List<String> problems = new ArrayList<>();

        Parsing(AgentHome home, Properties properties) {
            this.home = home;
            this.properties = properties;
        }

        AgentSettings settings() {
            TreeSet<String> slotNames = new TreeSet<>();
            for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                Matcher slotKey = SLOT_KEY.matcher(key);
                if (slotKey.matches()) {
                    slotNames.add(slotKey.group(1));
                } else if (!List.of("telemetry.window-seconds", "java.command", "outbox.max-megabytes", "log.level")
                        .contains(key)) {
                    problems.add(key + " is no setting of the agent");
                }
            }
            TreeMap<SlotName, SlotSettings> slots = new TreeMap<>();
            slotNames.forEach(name -> slot(slots, name));
            int window = number("telemetry.window-seconds", DEFAULT_WINDOW_SECONDS, MAX_WINDOW_SECONDS);
            int outbox = number("outbox.max-megabytes", DEFAULT_OUTBOX_MEGABYTES, MAX_OUTBOX_MEGABYTES);
            String java = text("java.command", System.getProperty("java.home", "/usr") + "/bin/java");
            return new AgentSettings(
                    slots,
                    Duration.ofSeconds(window),
                    Arrays.asList(java.strip().split("\\s+", -1)),
                    (long) outbox << 20,
                    level());
        }

        private void slot(Map<SlotName, SlotSettings> slots, String name) {
            String prefix = "slot." + name + ".";
            if (!name.matches("[a-z0-9-]{1,32}")) {
                problems.add(prefix + "*: a slot's name must match [a-z0-9-]{1,32}");
                return;
            }
            String source = text(prefix + "source", "");
            if (!source.equals("replay")) {
                problems.add(prefix + "source must be replay, got \"" + source + "\"");
            }
            String input = text(prefix + "replay.input", "");
            if (input.isEmpty()) {
                problems.add(prefix + "replay.input must be silence, noise or the path of a WAV file, got nothing");
            } else if (!List.of("silence", "noise").contains(input)) {
                Path file = home.root().resolve(input);
                if (!Files.isReadable(file)) {
                    problems.add(prefix + "replay.input: there is no readable file " + file);
                }
                input = file.toString();
            }
            slots.put(new SlotName(name), new SlotSettings(input, text(prefix + "replay.name", name), pace(prefix)));
        }

        private Pace pace(String prefix) {
            String pace = text(prefix + "replay.pace", "realtime");
            if (!List.of("realtime", "fast").contains(pace)) {
                problems.add(prefix + "replay.pace must be realtime or fast, got \"" + pace + "\"");
                return Pace.REALTIME;
            }
            return Pace.valueOf(pace.toUpperCase(Locale.ROOT));
        }

        private EventLog.Level level() {
            String level = text("log.level", "info");
            if (!List.of("debug", "info", "warn", "error").contains(level)) {
                problems.add("log.level must be debug, info, warn or error, got \"" + level + "\"");
                return EventLog.Level.INFO;
            }
            return EventLog.Level.valueOf(level.toUpperCase(Locale.ROOT));
        }

        private int number(String key, int byDefault, int max) {
            String value = text(key, Integer.toString(byDefault));
            if (!value.matches("[0-9]{1,9}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > max) {
                problems.add(key + " must be 1.." + max + ", got \"" + value + "\"");
                return byDefault;
            }
            return Integer.parseInt(value);
        }

        private String text(String key, String byDefault) {
            return properties.getProperty(key, byDefault).strip();
        }
    }
}
