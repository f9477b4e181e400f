package io.tinyfleet.agent.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The pictures of a folder by name, over and over. */
final class ImageFolderSource implements ImageSource {

    private static final int MAX_FILES = 10_000;
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg", ".ppm", ".pgm");

    private final String name;
    private final List<Path> files;
    private int next;

    private ImageFolderSource(String name, List<Path> files) {
        this.name = name;
        this.files = files;
    }

    static ImageFolderSource open(String name, Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files = entries.filter(ImageFolderSource::isPicture)
                    .sorted()
                    .limit(MAX_FILES)
                    .toList();
            if (files.isEmpty()) {
                throw new SourceException(
                        "the folder " + folder + " holds no picture (" + String.join(", ", ENDINGS) + ")");
            }
            return new ImageFolderSource(name, files);
        }
    }

    static boolean isPicture(Path file) {
        String lower = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(lower::endsWith);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Image next() throws IOException {
        Path file = files.get(next);
        next = (next + 1) % files.size();
        if (Files.size(file) > ImageFile.MAX_FILE_BYTES) {
            throw new SourceException(file + " is larger than " + ImageFile.MAX_FILE_BYTES + " bytes");
        }
        return ImageFile.decode(file.toString(), Files.readAllBytes(file));
    }

    @Override
    public void close() {}
}
