package io.tinyfleet.registry.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tinyfleet.registry.OnnxBytes;
import io.tinyfleet.registry.TfliteBytes;
import io.tinyfleet.registry.imports.ImportedModel.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    /** As mlflow.onnx.save_model writes it, with a signature and the run that logged it. */
    private static final String MLMODEL = """
            artifact_path: model
            flavors:
              onnx:
                code: null
                data: %s
                onnx_version: 1.17.0
                providers:
                - CPUExecutionProvider
              python_function:
                data: model.onnx
                loader_module: mlflow.onnx
            model_uuid: 0d5e1f
            run_id: 4c1f0b7e
            signature:
              inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
            """;

    private static final String README = """
            ---
            license: apache-2.0
            tags:
            - Audio Classification
            - onnx
            - ../etc
            library_name: onnx
            ---
            # A model

            It adds.
            """;

    @TempDir
    Path folder;

    @Test
    void mlflow_s_format_is_read() throws Exception {
        Files.writeString(folder.resolve("MLmodel"), MLMODEL.formatted("model.onnx"));
        Files.write(folder.resolve("model.onnx"), OnnxBytes.addModel());

        ImportedModel found = ModelFolder.read(folder);

        assertThat(found.layout()).isEqualTo(Layout.MLFLOW);
        assertThat(found.trainingRun()).contains("4c1f0b7e");
        assertThat(found.files())
                .singleElement()
                .satisfies(file -> assertThat(file.inspection().inputs()).hasSize(1));
    }

    @Test
    void hugging_face_s_style_is_read() throws Exception {
        Files.writeString(folder.resolve("README.md"), README);
        Path onnx = Files.createDirectories(folder.resolve("onnx"));
        Files.write(onnx.resolve("model.onnx"), OnnxBytes.addModel());
        Files.write(folder.resolve("model.tflite"), TfliteBytes.int8Layer().bytes());

        ImportedModel found = ModelFolder.read(folder);

        assertThat(found.layout()).isEqualTo(Layout.HUGGING_FACE);
        assertThat(found.licence()).contains("Apache-2.0");
        assertThat(found.tags()).containsExactly("audio-classification", "onnx");
        assertThat(found.card()).contains("# A model\n\nIt adds.\n");
        assertThat(found.files()).hasSize(2);
    }

    @Test
    void a_single_file_is_a_model_too() throws Exception {
        Path file = Files.write(folder.resolve("m.onnx"), OnnxBytes.addModel());

        assertThat(ModelFolder.read(file).files()).hasSize(1);
    }

    @Test
    void a_licence_that_spdx_does_not_know_is_left_open() throws Exception {
        Files.writeString(folder.resolve("README.md"), "---\nlicense: openrail-of-ours\n---\n");
        Files.write(folder.resolve("m.onnx"), OnnxBytes.addModel());

        assertThat(ModelFolder.read(folder).licence()).isEmpty();
    }

    @Test
    void names_that_lead_out_of_the_folder_are_refused() throws Exception {
        Path inner = Files.createDirectories(folder.resolve("inner"));
        Files.write(folder.resolve("secret.onnx"), OnnxBytes.addModel());
        for (String name : new String[] {"../secret.onnx", "/etc/passwd", "a/../../secret.onnx", ".", "\"a\\0b\""}) {
            Files.writeString(inner.resolve("MLmodel"), MLMODEL.formatted(name));
            refused(inner, "");
        }
    }

    @Test
    void symbolic_links_are_refused() throws Exception {
        Path file = Files.write(folder.resolve("real.onnx"), OnnxBytes.addModel());
        Path linked = Files.createDirectories(folder.resolve("linked"));
        Files.createSymbolicLink(linked.resolve("model.onnx"), file);
        refused(linked, "symbolic link");
        Files.writeString(linked.resolve("MLmodel"), MLMODEL.formatted("model.onnx"));
        refused(linked, "symbolic link");
        Path link = Files.createSymbolicLink(folder.resolve("link"), linked);
        refused(link, "symbolic link");
        Path readme = Files.createDirectories(folder.resolve("readme"));
        Files.write(readme.resolve("m.onnx"), OnnxBytes.addModel());
        Files.createSymbolicLink(readme.resolve("README.md"), Path.of("/etc/hostname"));
        refused(readme, "symbolic link");
    }

    @Test
    void folders_without_a_model_or_with_a_broken_one_are_refused() throws Exception {
        refused(folder.resolve("nowhere"), "no folder");
        refused(folder, "no .onnx, .tflite or .gguf file");
        Files.writeString(folder.resolve("m.onnx"), "not a model at all");
        refused(folder, "m.onnx");
        Files.writeString(folder.resolve("MLmodel"), "flavors:\n  sklearn:\n    data: model.pkl\n");
        refused(folder, "only sklearn");
        Files.writeString(folder.resolve("MLmodel"), "a: &a [*a, *a]\nb: [");
        refused(folder, "no YAML");
        Files.writeString(folder.resolve("MLmodel"), "[".repeat(5000));
        refused(folder, "no YAML");
    }

    private static void refused(Path path, String says) throws IOException {
        assertThatExceptionOfType(ImportRefused.class)
                .isThrownBy(() -> ModelFolder.read(path))
                .withMessageContaining(says);
    }
}
