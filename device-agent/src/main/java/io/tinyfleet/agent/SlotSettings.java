package io.tinyfleet.agent;

import io.tinyfleet.agent.serve.Pace;
import io.tinyfleet.protocol.SlotName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where a slot's input comes from: the keys {@code slot.NAME.*}.
 *
 * @param input null: only applications ask the slot
 * @param name goes into each telemetry window
 */
record SlotSettings(@Nullable String input, String name, Pace pace) {
    private static final String NAME = "[a-z0-9-]{1,32}";

    /** Every slot that the file names. Problems go into the file's list; a slot with one is in the answer all the same. */
    static Map<SlotName, SlotSettings> readAll(SettingsFile file) {
        Map<SlotName, SlotSettings> slots = new TreeMap<>();
        for (String name : file.slotNames()) {
            if (name.matches(NAME)) {
                slots.put(new SlotName(name), read(file, name));
            } else {
                file.problemOfAll("slot." + name + ".", "a slot's name must match " + NAME);
            }
        }
        return slots;
    }

    private static SlotSettings read(SettingsFile file, String name) {
        String prefix = "slot." + name + ".";
        String source = file.text(prefix + "source", "");
        if (source.equals("none")) {
            return new SlotSettings(null, "none", Pace.FAST);
        }
        if (!source.equals("replay")) {
            file.problem(prefix + "source must be replay or none, got \"" + source + "\"");
        }
        String input = file.text(prefix + "replay.input", "");
        if (input.isEmpty()) {
            file.problem(prefix + "replay.input must be silence, noise or the path of a WAV file, got nothing");
        } else if (!List.of("silence", "noise").contains(input)) {
            Path recording = file.root().resolve(input);
            if (!Files.isReadable(recording)) {
                file.problem(prefix + "replay.input: there is no readable file " + recording);
            }
            input = recording.toString();
        }
        return new SlotSettings(
                input, file.text(prefix + "replay.name", name), file.choice(prefix + "replay.pace", Pace.REALTIME));
    }
}
