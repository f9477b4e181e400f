package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.ModelFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The class data archives of an installation, which its {@code tinyfleet-agent-archive} makes: {@code cds/worker-*.jsa}
 * under the folder that the launcher names. A missing or unfitting one costs memory, nothing else.
 */
final class ClassArchive {
    /** Set by the launcher. */
    private static final String INSTALLATION = "tinyfleet.installation";

    private ClassArchive() {}

    static Optional<Path> installation() {
        return Optional.ofNullable(System.getProperty(INSTALLATION)).map(Path::of);
    }

    static List<String> flags(ModelFormat format) {
        List<String> flags = new ArrayList<>(List.of(
                "-Xshare:auto",
                // Elsewhere than archived, its pages would be private to each process.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:ArchiveRelocationMode=0",
                // Of an archive that does not fit it would warn on standard output.
                "-Xlog:disable",
                "-Xlog:all=error:stderr"));
        String runtime = format == ModelFormat.TFLITE ? InferenceRuntimes.TFLITE : InferenceRuntimes.ONNX;
        installation()
                .map(folder -> folder.resolve("cds").resolve("worker-" + runtime + ".jsa"))
                .filter(Files::isReadable)
                .ifPresent(archive -> flags.add("-XX:SharedArchiveFile=" + archive));
        return flags;
    }
}
