package io.tinyfleet.agent.power;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The folder below which /proc and /sys are found, so that a folder of fixtures can stand for a board. */
public record SysRoot(Path root) {

    public static final SysRoot MACHINE = new SysRoot(Path.of("/"));

    private static final int MAX_FILE_BYTES = 64 * 1024;

    public Path resolve(String relative) {
        if (relative.startsWith("/")) {
            throw new IllegalArgumentException("a path below the system root has no leading slash, got " + relative);
        }
        return root.resolve(relative);
    }

    /** The file's text, at most 64 KiB of it; empty if the system has no such file or does not let us read it. */
    public Optional<String> findText(String relative) {
        try (var in = Files.newInputStream(resolve(relative))) {
            return Optional.of(new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8));
        } catch (IOException e) {
            // Files below /proc come and go with their process, others depend on the board: absent is an answer.
            return Optional.empty();
        }
    }

    /** Writes one value; says whether the system took it. */
    public boolean write(String relative, String value) {
        try {
            Files.writeString(resolve(relative), value);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
