package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tinyfleet.protocol.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = "Check that a file is one of a release's, by its SHA-256 as the server tells it.")
final class VerifyCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "The model.")
    private String model;

    @Parameters(index = "1", paramLabel = "VERSION", description = "A version or an alias.")
    private String version;

    @Parameters(index = "2", paramLabel = "FILE", description = "The file.")
    private Path file;

    @Mixin
    private Server server;

    @Mixin
    private Answer answer;

    @Override
    public Integer call() throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Refused("there is no file " + file);
        }
        JsonNode release = ReleaseCommand.find(server, model, version);
        String digest = Digest.ofFile(file).hex();
        for (JsonNode variant : release.path("variants")) {
            if (variant.path("artifact").asText().equals(digest)) {
                String name = variant.path("name").asText();
                answer.say(
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("sha256", digest)
                                .put("version", release.path("version").asText())
                                .put("variant", name),
                        List.of(file + " is the variant " + name + " of " + model + " "
                                + release.path("version").asText()));
                return Tinyfleet.DONE;
            }
        }
        throw new Refused(file + " (SHA-256 " + digest + ") is no variant of " + model + " "
                + release.path("version").asText());
    }
}
