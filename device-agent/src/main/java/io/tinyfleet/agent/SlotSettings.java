package io.tinyfleet.agent;

import io.tinyfleet.agent.serve.FrameFormat;
import io.tinyfleet.agent.serve.Image;
import io.tinyfleet.agent.serve.Pace;
import io.tinyfleet.agent.serve.WatchedFolder;
import io.tinyfleet.protocol.SlotName;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a slot's input comes from and where its results go: the keys {@code slot.NAME.*}.
 *
 * @param name goes into each telemetry window
 * @param pace of recorded input
 * @param input null: only applications ask the slot
 * @param factory folder of the model that came with the device's image, if there is one
 */
record SlotSettings(
        String name,
        Pace pace,
        @Nullable Input input,
        Results results,
        @Nullable Path factory) {
    private static final String NAME = "[a-z0-9-]{1,32}";
    private static final int DEFAULT_BACKLOG = 100;
    private static final int MAX_BACKLOG = 10_000;
    private static final int MAX_RATE_HZ = 384_000;
    private static final int MAX_SIDE = 4096;
    private static final int DEFAULT_STALL_SECONDS = 10;
    private static final int DEFAULT_FILE_KILOBYTES = 1024;
    private static final int MAX_FILE_KILOBYTES = 1 << 20;

    /** What becomes of a picture that was taken. */
    private enum After {
        KEEP,
        DELETE
    }

    /** One of the sources. */
    sealed interface Input permits Replay, Exec, Heard, Watched {}

    /** Recorded or generated. */
    record Replay(String input) implements Input {}

    /** What a process writes. */
    record Exec(List<String> command, FrameFormat format, Duration patience) implements Input {}

    /** What comes on a topic of a local broker. */
    record Heard(Topic topic, FrameFormat format, Duration patience) implements Input {}

    /** Pictures that somebody puts into a folder. */
    record Watched(WatchedFolder.Settings settings) implements Input {}

    /** A topic of a local broker. */
    record Topic(String url, String topic) {}

    /**
     * Where results go: any of these, or nowhere.
     *
     * @param fileBytes after which the file is turned over
     */
    record Results(
            @Nullable Path file,
            long fileBytes,
            @Nullable URI hook,
            @Nullable Topic topic) {}

    /** Every slot that the file names. Problems go into the file's list; a slot with one is in the answer all the same. */
    static Map<SlotName, SlotSettings> readAll(SettingsFile file) {
        Map<SlotName, SlotSettings> slots = new TreeMap<>();
        for (String name : file.slotNames()) {
            if (name.matches(NAME)) {
                slots.put(new SlotName(name), new Reading(file, "slot." + name + ".").slot(name));
            } else {
                file.problemOfAll("slot." + name + ".", "a slot's name must match " + NAME);
            }
        }
        return slots;
    }

    /** The keys of one slot. */
    private record Reading(SettingsFile file, String prefix) {

        SlotSettings slot(String name) {
            String source = file.text(prefix + "source", "");
            Input input = switch (source) {
                case "none" -> null;
                case "replay" -> replay();
                case "exec" -> new Exec(command(), format(true), patience());
                case "folder" -> new Watched(watched());
                case "mqtt" -> new Heard(topic("mqtt."), format(false), patience());
                default -> {
                    file.problem(prefix + "source must be replay, exec, folder, mqtt or none, got \"" + source + "\"");
                    yield replay();
                }
            };
            boolean replay = !List.of("none", "exec", "folder", "mqtt").contains(source);
            String said = file.text(prefix + (replay ? "replay.name" : "name"), input == null ? "none" : name);
            Pace pace = replay ? file.choice(prefix + "replay.pace", Pace.REALTIME) : Pace.FAST;
            return new SlotSettings(said, pace, input, results(), factory());
        }

        private @Nullable Path factory() {
            String path = file.text(prefix + "factory", "");
            if (path.isEmpty()) {
                return null;
            }
            Path folder = file.root().resolve(path).normalize();
            if (folder.startsWith(file.root().resolve("models"))
                    || folder.startsWith(file.root().resolve("blobs"))) {
                file.problem(prefix + "factory must not lie in models/ or blobs/ of the agent's home, which the agent"
                        + " tidies up, got \"" + path + "\"");
            }
            return folder;
        }

        private Replay replay() {
            String input = file.text(prefix + "replay.input", "");
            if (input.isEmpty()) {
                file.problem(prefix + "replay.input must be silence, noise, or the path of a WAV file, a CSV file or a"
                        + " folder of pictures, got nothing");
            } else if (!List.of("silence", "noise").contains(input)) {
                Path recording = file.root().resolve(input);
                if (!Files.isReadable(recording)) {
                    file.problem(prefix + "replay.input: there is no readable file " + recording);
                }
                input = recording.toString();
            }
            return new Replay(input);
        }

        private List<String> command() {
            String command = file.text(prefix + "exec.command", "");
            if (command.isEmpty()) {
                file.problem(prefix + "exec.command must be a command and its arguments, got nothing");
            }
            return Arrays.asList(command.split("\\s+", -1));
        }

        private WatchedFolder.Settings watched() {
            String path = file.text(prefix + "folder.path", "");
            if (path.isEmpty()) {
                file.problem(prefix + "folder.path must be the folder that pictures come to, got nothing");
            } else if (!Files.isDirectory(file.root().resolve(path))) {
                file.problem(prefix + "folder.path: there is no folder "
                        + file.root().resolve(path));
            }
            return new WatchedFolder.Settings(
                    file.root().resolve(path),
                    file.choice(prefix + "folder.after", After.KEEP) == After.DELETE,
                    file.number(prefix + "folder.backlog", DEFAULT_BACKLOG, MAX_BACKLOG),
                    patience());
        }

        private Duration patience() {
            return Duration.ofSeconds(file.number(prefix + "stall-seconds", DEFAULT_STALL_SECONDS, 3600));
        }

        private FrameFormat format(boolean stream) {
            String word = file.text(prefix + "format", "");
            List<String> words = stream
                    ? List.of("pcm16", "rgb24", "grey8", "csv")
                    : List.of("pcm16", "rgb24", "grey8", "image", "csv");
            if (!words.contains(word)) {
                file.problem(prefix + "format must be " + SettingsFile.oneOf(words) + ", got \"" + word + "\"");
                return new FrameFormat(FrameFormat.Kind.CSV, 0, 0, 0);
            }
            FrameFormat.Kind kind = FrameFormat.Kind.valueOf(word.toUpperCase(Locale.ROOT));
            return switch (kind) {
                case PCM16 -> new FrameFormat(kind, required("rate-hz", MAX_RATE_HZ), 0, 0);
                case RGB24, GREY8 -> raw(kind);
                case IMAGE, CSV -> new FrameFormat(kind, 0, 0, 0);
            };
        }

        private FrameFormat raw(FrameFormat.Kind kind) {
            int width = required("width", MAX_SIDE);
            int height = required("height", MAX_SIDE);
            if ((long) width * height > Image.MAX_PIXELS) {
                file.problem(prefix + "width and height: a picture has at most " + Image.MAX_PIXELS + " pixels, got "
                        + width + " x " + height);
                return new FrameFormat(kind, 0, 1, 1);
            }
            return new FrameFormat(kind, 0, width, height);
        }

        private int required(String key, int most) {
            if (!file.has(prefix + key)) {
                file.problem(prefix + key + " must be 1.." + most + " with this format, got nothing");
                return 1;
            }
            return file.number(prefix + key, 1, most);
        }

        private Topic topic(String kind) {
            String url = file.text(prefix + kind + "url", "tcp://127.0.0.1:1883");
            if (!url.matches("tcp://[A-Za-z0-9.\\-]+:[0-9]{1,5}")) {
                file.problem(prefix + kind + "url must be such as tcp://127.0.0.1:1883, got \"" + url + "\"");
            }
            String topic = file.text(prefix + kind + "topic", "");
            if (topic.isEmpty() || topic.length() > 256 || !topic.matches("[^#+\\u0000]+")) {
                file.problem(prefix + kind + "topic must be a topic without # and +, got \"" + topic + "\"");
            }
            return new Topic(url, topic);
        }

        private Results results() {
            String path = file.text(prefix + "results.file", "");
            int kilobytes = file.number(prefix + "results.file-kilobytes", DEFAULT_FILE_KILOBYTES, MAX_FILE_KILOBYTES);
            String hook = file.text(prefix + "results.http", "");
            if (!hook.isEmpty() && !hook.matches("https?://[^\\s]+")) {
                file.problem(prefix + "results.http must be an http or https address, got \"" + hook + "\"");
                hook = "";
            }
            boolean topic = file.has(prefix + "results.mqtt.topic") | file.has(prefix + "results.mqtt.url");
            return new Results(
                    path.isEmpty() ? null : file.root().resolve(path),
                    (long) kilobytes << 10,
                    hook.isEmpty() ? null : address(hook),
                    topic ? topic("results.mqtt.") : null);
        }

        private @Nullable URI address(String text) {
            try {
                return URI.create(text);
            } catch (IllegalArgumentException e) {
                file.problem(prefix + "results.http must be an http or https address, got \"" + text + "\"");
                return null;
            }
        }
    }
}
