package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = "Check that a file is one of a release's, by its SHA-256 as the server tells it.")
final class VerifyCommand extends ServerCommand {
    @Mixin
    private ReleaseName release;

    @Parameters(index = "2", paramLabel = "FILE", description = "The file.")
    private Path file;

    @Override
    public Integer call() throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Refused("there is no file " + file);
        }
        JsonNode found = release.find(server);
        String digest = Digest.ofFile(file).hex();
        for (JsonNode variant : found.path("variants")) {
            if (variant.path("artifact").asText().equals(digest)) {
                String name = variant.path("name").asText();
                answer.say(
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("sha256", digest)
                                .put("version", found.path("version").asText())
                                .put("variant", name),
                        List.of(file + " is the variant " + name + " of " + release.model() + " "
                                + found.path("version").asText()));
                return Tinyfleet.DONE;
            }
        }
        throw new Refused(file + " (SHA-256 " + digest + ") is no variant of " + release.model() + " "
                + found.path("version").asText());
    }
}
