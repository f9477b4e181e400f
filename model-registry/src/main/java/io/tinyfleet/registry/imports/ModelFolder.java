package io.tinyfleet.registry.imports;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.tinyfleet.registry.imports.ImportedModel.Layout;
import io.tinyfleet.registry.imports.ImportedModel.ModelFile;
import io.tinyfleet.registry.inspect.ModelInspector;
import io.tinyfleet.registry.inspect.ModelRefused;
import io.tinyfleet.registry.licence.SpdxExpression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads a folder with a model: MLflow's format when it has a file {@code MLmodel} (flavors onnx and tflite), Hugging
 * Face's style when its README.md begins with front matter, else whatever model files lie in it. Symbolic links and
 * names that lead out of the folder are refused; nothing in it is run.
 */
public final class ModelFolder {
    static final int MAX_ENTRIES = 10_000;
    static final int MAX_DEPTH = 4;
    static final int MAX_FILES = 16;
    static final int MAX_TAGS = 32;
    static final int MAX_CARD_BYTES = 256 * 1024;

    private static final List<String> FLAVORS = List.of("onnx", "tflite");
    private static final Pattern TAG = Pattern.compile("[a-z0-9][a-z0-9._:-]{0,63}");
    private static final String FENCE = "---";

    private final Path root;
    private int entries;

    private ModelFolder(Path root) {
        this.root = root;
    }

    /**
     * Reads a folder, or a single model file.
     *
     * @throws ImportRefused when it cannot be taken
     * @throws IOException when it cannot be read
     */
    public static ImportedModel read(Path path) throws ImportRefused, IOException {
        if (Files.isSymbolicLink(path)) {
            throw new ImportRefused(path + " is a symbolic link. Name the folder itself.");
        }
        if (Files.isRegularFile(path)) {
            return new ImportedModel(
                    Layout.FOLDER,
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(look(path)));
        }
        if (!Files.isDirectory(path)) {
            throw new ImportRefused("there is no folder " + path);
        }
        ModelFolder folder = new ModelFolder(path);
        return Files.exists(path.resolve("MLmodel"), LinkOption.NOFOLLOW_LINKS) ? folder.mlflow() : folder.plain();
    }

    private ImportedModel mlflow() throws ImportRefused, IOException {
        JsonNode description = yaml(text(inside("MLmodel"), PlainYaml.MAX_BYTES), "MLmodel");
        List<ModelFile> files = new ArrayList<>();
        for (String flavor : FLAVORS) {
            JsonNode data = description.path("flavors").path(flavor).path("data");
            if (data.isTextual()) {
                files.add(look(inside(data.asText())));
            }
        }
        if (files.isEmpty()) {
            throw new ImportRefused(root.resolve("MLmodel") + " has no flavor onnx or tflite with a data file, only "
                    + names(description.path("flavors")) + ". Log the model with mlflow.onnx.");
        }
        Optional<String> run =
                Optional.of(description.path("run_id").asText("")).filter(id -> !id.isEmpty());
        Readme readme = readme();
        return new ImportedModel(Layout.MLFLOW, readme.licence(), readme.tags(), readme.card(), run, files);
    }

    private ImportedModel plain() throws ImportRefused, IOException {
        List<Path> found = new ArrayList<>();
        walk(root, 0, found);
        if (found.isEmpty()) {
            throw new ImportRefused("no .onnx, .tflite or .gguf file lies in " + root);
        }
        if (found.size() > MAX_FILES) {
            throw new ImportRefused(root + " holds " + found.size() + " model files, a release has at most " + MAX_FILES
                    + " variants. Name a folder with fewer.");
        }
        found.sort(null);
        List<ModelFile> files = new ArrayList<>();
        for (Path file : found) {
            files.add(look(file));
        }
        Readme readme = readme();
        return new ImportedModel(
                readme.front() ? Layout.HUGGING_FACE : Layout.FOLDER,
                readme.licence(),
                readme.tags(),
                readme.card(),
                Optional.empty(),
                files);
    }

    private void walk(Path folder, int depth, List<Path> found) throws ImportRefused, IOException {
        if (depth > MAX_DEPTH) {
            throw new ImportRefused(
                    folder + " lies more than " + MAX_DEPTH + " folders deep. Name the model's own folder.");
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
            for (Path child : children) {
                entries++;
                if (entries > MAX_ENTRIES) {
                    throw new ImportRefused(
                            root + " holds more than " + MAX_ENTRIES + " files. Name the model's own folder.");
                }
                refuseLink(child);
                String name = String.valueOf(child.getFileName());
                if (Files.isDirectory(child)) {
                    if (!name.startsWith(".")) {
                        walk(child, depth + 1, found);
                    }
                } else if (isModel(name)) {
                    found.add(child);
                }
            }
        }
    }

    private static boolean isModel(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".onnx") || lower.endsWith(".tflite") || lower.endsWith(".gguf");
    }

    /** A file of the folder by a name that came from outside. */
    private Path inside(String name) throws ImportRefused, IOException {
        Path file;
        try {
            file = root.resolve(name).normalize();
        } catch (java.nio.file.InvalidPathException e) {
            throw new ImportRefused("\"" + name + "\" cannot be the name of a file", e);
        }
        if (!file.startsWith(root.normalize()) || file.equals(root.normalize())) {
            throw new ImportRefused(
                    "\"" + name + "\" leads out of the folder " + root + ". Only files in it are taken.");
        }
        for (Path step = file; step != null && !step.equals(root.normalize()); step = step.getParent()) {
            refuseLink(step);
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new ImportRefused("there is no file " + file);
        }
        return file;
    }

    private static void refuseLink(Path file) throws ImportRefused {
        if (Files.isSymbolicLink(file)) {
            throw new ImportRefused(file + " is a symbolic link. Put the file itself there.");
        }
    }

    private static ModelFile look(Path file) throws ImportRefused, IOException {
        try {
            return new ModelFile(file, ModelInspector.inspect(file));
        } catch (ModelRefused e) {
            throw new ImportRefused(file + ": " + e.sentence(), e);
        }
    }

    /** What README.md says. */
    private record Readme(boolean front, Optional<String> licence, List<String> tags, Optional<String> card) {}

    private Readme readme() throws ImportRefused, IOException {
        Path file = root.resolve("README.md");
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return new Readme(false, Optional.empty(), List.of(), Optional.empty());
        }
        String text = text(inside("README.md"), MAX_CARD_BYTES);
        List<String> lines = text.lines().toList();
        int end = lines.isEmpty() || !lines.get(0).strip().equals(FENCE)
                ? -1
                : lines.subList(1, lines.size()).stream()
                        .map(String::strip)
                        .toList()
                        .indexOf(FENCE);
        if (end < 0) {
            return new Readme(false, Optional.empty(), List.of(), Optional.of(text));
        }
        JsonNode front = yaml(String.join("\n", lines.subList(1, end + 1)), "the front matter of README.md");
        String card = String.join("\n", lines.subList(end + 2, lines.size())).strip() + "\n";
        return new Readme(true, licence(front.path("license").asText("")), tags(front.path("tags")), Optional.of(card));
    }

    /** Hugging Face's word where SPDX has it; else nothing, for a person to fill in. */
    private static Optional<String> licence(String word) {
        try {
            return Optional.of(SpdxExpression.parse(word).text());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static List<String> tags(JsonNode list) {
        List<String> tags = new ArrayList<>();
        for (JsonNode tag : list) {
            String text = tag.asText().toLowerCase(Locale.ROOT).replace(' ', '-');
            if (TAG.matcher(text).matches() && tags.size() < MAX_TAGS && !tags.contains(text)) {
                tags.add(text);
            }
        }
        return tags;
    }

    private static String text(Path file, int maxBytes) throws ImportRefused, IOException {
        if (Files.size(file) > maxBytes) {
            throw new ImportRefused(file + " has more than " + maxBytes + " bytes");
        }
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static JsonNode yaml(String text, String what) throws ImportRefused {
        try {
            JsonNode document = PlainYaml.mapper().readTree(text);
            if (document == null || !document.isObject()) {
                throw new ImportRefused(what + " holds no fields");
            }
            return document;
        } catch (JsonProcessingException e) {
            throw new ImportRefused(what + " is no YAML that can be read: " + e.getOriginalMessage(), e);
        }
    }

    private static String names(JsonNode fields) {
        List<String> names = new ArrayList<>();
        fields.fieldNames().forEachRemaining(names::add);
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
