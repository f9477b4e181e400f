package io.tinyfleet.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The real models of the folder named by the system property {@code tinyfleet.models}; src/models pins them. */
public final class RealModels {
    public static final String SILERO_V5_SHA256 = "2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f";
    public static final String SILERO_V6_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3";

    private RealModels() {}

    public static Path sileroV5() throws IOException {
        return get("silero_vad_v5.onnx", SILERO_V5_SHA256);
    }

    public static Path sileroV6() throws IOException {
        return get("silero_vad_v6.onnx", SILERO_V6_SHA256);
    }

    /** Those of one kind, by the end of their names, in the order of their names. */
    public static List<Path> all(String suffix) throws IOException {
        Path folder = folder();
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> models = files.filter(
                            file -> file.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
            assertThat(models).as("models of kind %s in %s", suffix, folder).hasSizeGreaterThan(4);
            return models;
        }
    }

    /** Skips the test without the property; with it, a missing or other file fails it. */
    private static Path get(String name, String sha256) throws IOException {
        Path file = folder().resolve(name);
        assertThat(file)
                .as("tinyfleet.models is set, so this file must be there")
                .isRegularFile();
        assertThat(Digest.ofFile(file).hex()).isEqualTo(sha256);
        return file;
    }

    private static Path folder() {
        String folder = System.getProperty("tinyfleet.models", "");
        Assumptions.assumeFalse(folder.isBlank(), "the system property tinyfleet.models is not set");
        return Path.of(folder);
    }
}
