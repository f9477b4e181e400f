package io.tinyfleet.registry.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tinyfleet.registry.cli.trust.PublisherSignature;
import io.tinyfleet.registry.imports.ImportRefused;
import io.tinyfleet.registry.imports.ImportedModel;
import io.tinyfleet.registry.imports.ImportedModel.ModelFile;
import io.tinyfleet.registry.imports.ModelFolder;
import io.tinyfleet.registry.imports.PlainYaml;
import io.tinyfleet.registry.inspect.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description =
                "Take a model over from a folder, MLflow's model format or a Hugging Face style folder: uploads its"
                        + " files, names the model if need be, and writes a draft of the release for \"release create\".")
final class ImportCommand extends ServerCommand {
    @Parameters(index = "0", paramLabel = "PATH", description = "The folder, or one model file.")
    private Path path;

    @Option(names = "--model", required = true, description = "Its name here.")
    private String model;

    @Option(names = "--licence", description = "An SPDX expression, if the folder does not say it.")
    private Optional<String> licence = Optional.empty();

    @Option(names = "--release-version", defaultValue = "0.1.0", description = "For the draft; else ${DEFAULT-VALUE}.")
    private String version;

    @Option(names = "--run-url", paramLabel = "URL", description = "Address of MLflow's tracking server, for lineage.")
    private Optional<String> runUrl = Optional.empty();

    @Option(names = "--out", paramLabel = "FILE", description = "Where the draft goes; else MODEL-release.yaml here.")
    private Optional<Path> out = Optional.empty();

    @ArgGroup(exclusive = false)
    private @Nullable PublisherSignature publisher;

    @Override
    public Integer call() throws IOException {
        if (publisher != null) {
            publisher.require(path);
        }
        ImportedModel found = read(path);
        String spdx = found.licence()
                .or(() -> licence)
                .orElseThrow(() -> new Refused(path
                        + " does not say its licence in SPDX's words; add --licence, such as --licence Apache-2.0"));
        Path draft = out.orElse(Path.of(model + "-release.yaml"));
        if (Files.exists(draft)) {
            throw new Refused(draft + " is there already; it may hold somebody's work. Name another file with --out");
        }
        if (!server.exists(ModelCommand.path(model) + "/releases")) {
            ModelCommand.Create.create(server, model, spdx, null, null);
            describe(found);
        }
        ObjectNode release = draft(found, spdx);
        Files.writeString(draft, PlainYaml.mapper().writeValueAsString(release));
        answer.say(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("model", model)
                        .put("layout", found.layout().name())
                        .put("draft", draft.toString())
                        .set("release", release),
                List.of(
                        found.files().size() + " file(s) uploaded from a folder of kind " + found.layout(),
                        "look at " + draft + ", then: tinyfleet release create " + model + " " + draft));
        return Tinyfleet.DONE;
    }

    private static ImportedModel read(Path path) throws IOException {
        try {
            return ModelFolder.read(path);
        } catch (ImportRefused e) {
            throw new Refused(e.sentence(), e);
        }
    }

    private void describe(ImportedModel found) throws IOException {
        if (found.card().isPresent()) {
            server.putText(
                    ModelCommand.path(model) + "/card",
                    "text/markdown",
                    found.card().get());
        }
        if (!found.tags().isEmpty()) {
            ObjectNode tags = JsonNodeFactory.instance.objectNode();
            found.tags().forEach(tags.putArray("tags")::add);
            server.put(ModelCommand.path(model) + "/tags", tags);
        }
    }

    private ObjectNode draft(ImportedModel found, String spdx) throws IOException {
        ObjectNode release = JsonNodeFactory.instance.objectNode();
        release.put("version", version).put("licence", spdx);
        Optional<String> run =
                found.trainingRun().flatMap(id -> runUrl.map(base -> base.replaceAll("/+$", "") + "/" + id));
        run.ifPresent(address -> release.putObject("lineage").put("trainingRun", address));
        ArrayNode variants = release.putArray("variants");
        for (ModelFile file : found.files()) {
            String sha256 = UploadCommand.upload(server, file.path(), UploadCommand.Kind.MODEL, null)
                    .path("sha256")
                    .asText();
            ObjectNode variant = variants.addObject();
            variant.put("name", name(file.path()))
                    .put("artifact", sha256)
                    .put("runtime", runtime(file.inspection()))
                    .put("ramPeakBytes", file.inspection().estimatedPeakRamBytes());
            precision(file.inspection()).ifPresent(word -> variant.put("precision", word));
        }
        return release;
    }

    private static String name(Path file) {
        String name =
                String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "-");
        String plain = name.replaceAll("^[^a-z0-9]+", "");
        return plain.substring(0, Math.min(64, plain.length()));
    }

    private static String runtime(Inspection found) {
        return switch (found.format()) {
            case ONNX -> "onnxruntime";
            case TFLITE -> "tflite";
            case GGUF -> "llama";
            case MODEL_FORMAT_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalStateException("a model of no known format was inspected");
        };
    }

    /** What most of its stored bytes are. */
    private static Optional<String> precision(Inspection found) {
        return found.weights().bytesByType().entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .flatMap(type -> switch (type.getKey()) {
                    case "float32", "f32" -> Optional.of("fp32");
                    case "float16", "f16", "bfloat16", "bf16" -> Optional.of("fp16");
                    case "int8", "uint8", "q8_0" -> Optional.of("int8");
                    case "int4", "uint4", "q4_0", "q4_1", "q4_k" -> Optional.of("int4");
                    default -> Optional.<String>empty();
                });
    }
}
