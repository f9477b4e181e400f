package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.registry.imports.PlainYaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The description of a release as a YAML file (so JSON does too). It has the fields of the API's own request; a variant
 * may name a {@code file} beside it instead of an uploaded {@code artifact}, and a self-test {@code vectorsFile} instead
 * of {@code vectors}.
 */
final class ReleaseFile {
    private ReleaseFile() {}

    static ObjectNode read(Path file) throws IOException {
        JsonNode document;
        try {
            if (Files.size(file) > PlainYaml.MAX_BYTES) {
                throw new Refused(
                        file + " has more than " + PlainYaml.MAX_BYTES + " bytes, which no release description needs");
            }
            document = PlainYaml.mapper().readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new Refused("there is no file " + file, e);
        } catch (JsonProcessingException e) {
            throw new Refused(file + " is no YAML that can be read: " + e.getOriginalMessage(), e);
        }
        if (!(document instanceof ObjectNode release)) {
            throw new Refused(file + " must hold the fields of a release, such as version, licence and variants");
        }
        return release;
    }

    /** Uploads the files that it names and writes their digests in their places. */
    static void upload(Server server, ObjectNode release, Path folder) throws IOException {
        for (JsonNode variant : release.path("variants")) {
            if (variant instanceof ObjectNode fields) {
                replace(server, fields, "file", "artifact", UploadCommand.Kind.MODEL, folder);
                if (fields.path("selfTest") instanceof ObjectNode selfTest) {
                    replace(server, selfTest, "vectorsFile", "vectors", UploadCommand.Kind.SELF_TEST, folder);
                }
            }
        }
    }

    private static void replace(
            Server server, ObjectNode fields, String from, String to, UploadCommand.Kind kind, Path folder)
            throws IOException {
        @Nullable JsonNode name = fields.remove(from);
        if (name == null) {
            return;
        }
        if (fields.has(to)) {
            throw new Refused("a part of the release has both " + from + " and " + to + "; one of them is enough");
        }
        Path file = folder.resolve(name.asText());
        if (!Files.isRegularFile(file)) {
            throw new Refused("the release names the file " + file + ", which is not there");
        }
        fields.put(
                to,
                UploadCommand.upload(server, file, kind, null).path("sha256").asText());
    }
}
