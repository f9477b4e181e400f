package io.tinyfleet.e2e.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where a built checkout keeps what can be started. Refuses a checkout that has not been built. */
public record Installation(Path root) {

    public Installation {
        root = root.toAbsolutePath().normalize();
        for (Path needed : List.of(serverJar(root), agentLauncher(root), models(root), speech(root))) {
            if (!Files.exists(needed)) {
                throw new IllegalStateException(
                        needed + " is missing; build it with: mvn -DskipTests package (in " + root + ")");
            }
        }
    }

    /** The checkout named by the system property {@code tinyfleet.root}, or the working directory. */
    public static Installation ofSystemProperty() {
        return new Installation(Path.of(System.getProperty("tinyfleet.root", ".")));
    }

    public Path serverJar() {
        return serverJar(root);
    }

    public Path agentLauncher() {
        return agentLauncher(root);
    }

    public Path model(String name) {
        return models(root).resolve(name);
    }

    /** 16 kHz mono recording of speech. */
    public Path speech() {
        return speech(root);
    }

    private static Path serverJar(Path root) {
        return root.resolve("fleet-server/target/quarkus-app/quarkus-run.jar");
    }

    private static Path agentLauncher(Path root) {
        return root.resolve("device-agent/target/agent/bin/tinyfleet-agent");
    }

    private static Path models(Path root) {
        return root.resolve("target/models");
    }

    private static Path speech(Path root) {
        return root.resolve("fleet-e2e/src/main/resources/audio/speech-16k.wav");
    }
}
