package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.trust.Releases;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the folder that a device's image carries as its factory model: docs/operate.md says how it is used. */
@Command(
        name = "export",
        description = "Write a release with its signature, root and files into a folder: a device's factory model.")
final class ExportCommand extends ServerCommand {
    @Mixin
    private ReleaseName name;

    @Parameters(index = "2", paramLabel = "FOLDER", description = "Where to; must not hold another export.")
    private Path folder;

    @Option(names = "--variant", description = "Only these; without it all of them.")
    private List<String> variants = List.of();

    @Option(names = "--root", paramLabel = "FILE", description = "The root to go by, instead of the server's newest.")
    private Optional<Path> rootFile = Optional.empty();

    @Override
    public Integer call() throws IOException {
        JsonNode release = name.find(server);
        List<JsonNode> chosen = choose(release);
        String model = release.path("model").asText();
        byte[] root = root();
        byte[] envelope = server.getBytes(
                "/api/v1/releases/" + Server.step(release.path("id").asText()) + "/envelope",
                Limits.MAX_METADATA_BYTES);
        verify(root, model, envelope);
        if (Files.exists(folder.resolve("release.dsse"))) {
            throw new Refused(folder + " holds an export already: name another folder, or remove it first");
        }
        Files.createDirectories(folder.resolve("artifacts"));
        for (JsonNode variant : chosen) {
            Digest artifact = Digest.parse(variant.path("artifact").asText());
            DownloadCommand.fetch(server, artifact, folder.resolve("artifacts").resolve(artifact.hex()));
        }
        Files.writeString(folder.resolve("factory.properties"), "model=" + model + "\n");
        Files.write(folder.resolve("root.dsse"), root);
        // Last: its presence says that the folder is whole.
        Files.write(folder.resolve("release.dsse"), envelope);
        answer.say(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("folder", folder.toString())
                        .put("model", model)
                        .put("version", release.path("version").asText())
                        .put("variants", chosen.size()),
                List.of(folder + "  " + model + " " + release.path("version").asText() + ", " + chosen.size()
                        + " variant(s), signed and whole"));
        return Tinyfleet.DONE;
    }

    private List<JsonNode> choose(JsonNode release) {
        List<JsonNode> chosen = new ArrayList<>();
        for (JsonNode variant : release.path("variants")) {
            if (variants.isEmpty() || variants.contains(variant.path("name").asText())) {
                chosen.add(variant);
            }
        }
        if (chosen.isEmpty() || (!variants.isEmpty() && chosen.size() < variants.size())) {
            throw new Refused("the release has no such variant: " + String.join(", ", variants));
        }
        return chosen;
    }

    private byte[] root() throws IOException {
        if (rootFile.isPresent()) {
            return Files.readAllBytes(rootFile.get());
        }
        long version = server.get("/api/v1/trust").path("rootVersion").asLong();
        return server.getBytes("/api/v1/trust/roots/" + version, Limits.MAX_METADATA_BYTES);
    }

    /** As the device will: better told here than in the field. */
    private static void verify(byte[] root, String model, byte[] envelope) {
        try {
            Releases.verify(TrustedRoot.pin(root), model, envelope);
        } catch (TrustException e) {
            throw new Refused("a device would refuse this release: " + e.code() + ", " + e.getMessage(), e);
        }
    }
}
