package io.tinyfleet.agent.board;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The file tree in which a machine describes itself: {@code /}, or a copied tree in tests. */
public record SysRoot(Path root) {
    public static final SysRoot MACHINE = new SysRoot(Path.of("/"));

    private static final int MAX_FILE_BYTES = 64 * 1024;

    public Path resolve(String relative) {
        if (relative.startsWith("/")) {
            throw new IllegalArgumentException("a path below the system root has no leading slash, got " + relative);
        }
        return root.resolve(relative);
    }

    /** The text of a small file, without the zero bytes that device trees end with. */
    public Optional<String> findText(String relative) {
        try (var in = Files.newInputStream(resolve(relative))) {
            String text = new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8);
            return Optional.of(text.replace("\0", "").strip()).filter(content -> !content.isEmpty());
        } catch (IOException e) {
            // Machines differ in which of these files they have, and those of a process end with it; absent says so.
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

    List<String> list(String relative) {
        try (Stream<Path> files = Files.list(resolve(relative))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            // As above.
            return List.of();
        }
    }
}
