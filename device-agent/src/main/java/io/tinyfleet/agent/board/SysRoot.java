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
    private static final int MAX_FILE_BYTES = 64 * 1024;

    public static SysRoot ofThisMachine() {
        return new SysRoot(Path.of("/"));
    }

    /** The text of a small file, without the zero bytes that device trees end with. */
    Optional<String> findText(String path) {
        Path file = root.resolve(path);
        try (var in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(MAX_FILE_BYTES), StandardCharsets.UTF_8);
            return Optional.of(text.replace("\0", "").strip()).filter(content -> !content.isEmpty());
        } catch (IOException e) {
            // Machines differ in which of these files they have; absent says so.
            return Optional.empty();
        }
    }

    List<String> list(String path) {
        try (Stream<Path> files = Files.list(root.resolve(path))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            // As above.
            return List.of();
        }
    }
}
