package io.tinyfleet.registry.imports;

import io.tinyfleet.registry.inspect.Inspection;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a folder holds, ready to be uploaded.
 *
 * @param layout how it was written
 * @param licence as an SPDX expression, where the folder says so and SPDX knows it
 * @param card Markdown without its front matter
 * @param trainingRun what the folder names as the run it came from
 * @param files in the order of their names, at least one
 */
public record ImportedModel(
        Layout layout,
        Optional<String> licence,
        List<String> tags,
        Optional<String> card,
        Optional<String> trainingRun,
        List<ModelFile> files) {
    /** Takes copies. */
    public ImportedModel {
        tags = List.copyOf(tags);
        files = List.copyOf(files);
    }

    /** Who wrote the folder. */
    public enum Layout {
        FOLDER,
        MLFLOW,
        HUGGING_FACE
    }

    /** One model file that was looked into. */
    public record ModelFile(Path path, Inspection inspection) {}
}
