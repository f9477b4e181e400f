package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "upload", description = "Upload a model file, or the vectors of a self-test.")
final class UploadCommand extends ServerCommand {
    /** What the server takes. */
    enum Kind {
        MODEL("model"),
        SELF_TEST("self-test");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    @Parameters(paramLabel = "FILE", description = "The file.")
    private Path file;

    @Option(names = "--kind", defaultValue = "model", description = "${COMPLETION-CANDIDATES}; else ${DEFAULT-VALUE}.")
    private Kind kind;

    @Option(names = "--name", description = "What people call it; else the file's own name.")
    private @Nullable String name;

    @Override
    public Integer call() throws IOException {
        JsonNode artifact = upload(server, file, kind, name);
        answer.say(artifact, List.of(artifact.path("sha256").asText()));
        return Tinyfleet.DONE;
    }

    static JsonNode upload(Server server, Path file, Kind kind, @Nullable String name) throws IOException {
        if (kind == Kind.MODEL) {
            // Refused here, before gigabytes are sent.
            InspectCommand.inspect(file);
        }
        Path own = file.getFileName();
        String called = name != null ? name : own == null ? "model" : own.toString();
        return server.upload("/api/v1/artifacts?kind=" + kind + "&name=" + Server.step(called), file);
    }
}
