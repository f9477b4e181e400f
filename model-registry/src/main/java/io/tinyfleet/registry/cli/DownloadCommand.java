package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "download",
        description = "Fetch a variant of a release; a download that broke off goes on where it was.")
final class DownloadCommand extends ServerCommand {
    @Mixin
    private ReleaseName name;

    @Parameters(index = "2", paramLabel = "FILE", description = "Where to; FILE.part holds what has come so far.")
    private Path file;

    @Option(names = "--variant", description = "Which one, if the release has several.")
    private Optional<String> variant = Optional.empty();

    @Override
    public Integer call() throws IOException {
        JsonNode release = name.find(server);
        JsonNode chosen = choose(release, variant);
        Digest wanted = Digest.parse(chosen.path("artifact").asText());
        fetch(server, wanted, file);
        answer.say(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("file", file.toString())
                        .put("sha256", wanted.hex())
                        .put("size", Files.size(file))
                        .put("version", release.path("version").asText())
                        .put("variant", chosen.path("name").asText()),
                List.of(file + "  " + InspectCommand.megabytes(Files.size(file)) + "  " + wanted.hex()));
        return Tinyfleet.DONE;
    }

    /** The artifact, whole and with its digest; what came before is gone on with. */
    static void fetch(Server server, Digest wanted, Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        server.download("/api/v1/artifacts/" + wanted.hex() + "/content", part);
        Digest got = Digest.ofFile(part);
        if (!got.equals(wanted)) {
            Files.deleteIfExists(part);
            throw new Refused("what came has the SHA-256 " + got.hex() + ", the release says " + wanted.hex()
                    + "; it was thrown away, try again");
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static JsonNode choose(JsonNode release, Optional<String> wanted) {
        JsonNode variants = release.path("variants");
        String names = StreamSupport.stream(variants.spliterator(), false)
                .map(v -> v.path("name").asText())
                .collect(Collectors.joining(", "));
        if (wanted.isEmpty() && variants.size() != 1) {
            throw new Refused("the release has several variants, name one of them with --variant: " + names);
        }
        return StreamSupport.stream(variants.spliterator(), false)
                .filter(v -> wanted.isEmpty() || v.path("name").asText().equals(wanted.get()))
                .findFirst()
                .orElseThrow(
                        () -> new Refused("the release has no variant " + wanted.orElse("") + ", it has " + names));
    }
}
