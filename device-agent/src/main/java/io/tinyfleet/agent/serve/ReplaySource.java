package io.tinyfleet.agent.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Input that is the same at every run: a recording, silence or noise, over and over. */
public final class ReplaySource {

    /** What generated sound is made for; a recording brings its own rate. */
    private static final int GENERATED_RATE_HZ = 16_000;

    private ReplaySource() {}

    /**
     * Opens {@code silence}, {@code noise}, or else a WAV file, a CSV file or a folder of pictures.
     *
     * @throws SourceException if the input cannot be used
     */
    public static Source open(String name, String input) throws IOException {
        if (input.isBlank()) {
            throw new SourceException(
                    "the replay input must be 'silence', 'noise', a WAV file, a CSV file or a folder of pictures");
        }
        return switch (input) {
            case "silence" -> GeneratedSource.silence(name, GENERATED_RATE_HZ);
            case "noise" -> GeneratedSource.noise(name, GENERATED_RATE_HZ, GeneratedSource.NOISE_SEED);
            default -> recording(name, Path.of(input));
        };
    }

    private static Source recording(String name, Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return ImageFolderSource.open(name, path);
        }
        return path.toString().endsWith(".csv") ? CsvSource.open(name, path) : WavSource.open(name, path);
    }
}
