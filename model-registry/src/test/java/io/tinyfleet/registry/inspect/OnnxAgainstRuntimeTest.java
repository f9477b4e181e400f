package io.tinyfleet.registry.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.tinyfleet.registry.RealModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What the inspection says of ONNX files is what ONNX Runtime says. */
class OnnxAgainstRuntimeTest {

    @Test
    void the_real_models_are_understood_as_the_runtime_does() throws Exception {
        for (Path file : RealModels.all(".onnx")) {
            assertSame(file);
        }
    }

    /** MiniLM and bge-small with 23 to 91 MB: {@code mvn -Plarge-models -pl model-registry -am test}. */
    @Test
    void the_large_models_are_understood_as_the_runtime_does() throws Exception {
        String folder = System.getProperty("tinyfleet.models.large", "");
        Assumptions.assumeFalse(folder.isBlank(), "the profile large-models is off");
        for (String name : List.of(
                "all-minilm-l6-v2.onnx",
                "all-minilm-l6-v2-q.onnx",
                "bge-small-en-q.onnx",
                "bge-small-en-v1.5-q.onnx")) {
            assertSame(Path.of(folder, name));
        }
        Inspection quantized = ModelInspector.inspect(Path.of(folder, "bge-small-en-q.onnx"));
        assertThat(quantized.weights().bytesByType().get("int8")).isGreaterThan(20_000_000);
        assertThat(quantized.operators()).containsKeys("MatMulInteger", "DynamicQuantizeLinear");
    }

    private static void assertSame(Path file) throws Exception {
        Inspection found = ModelInspector.inspect(file);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // What the file says, before the runtime rewrites the graph.
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString(), options)) {
                assertSame(file, found.inputs(), session.getInputInfo());
                assertSame(file, found.outputs(), session.getOutputInfo());
            }
        }
    }

    private static void assertSame(Path file, List<TensorShape> found, Map<String, NodeInfo> told) {
        assertThat(found)
                .extracting(TensorShape::name)
                .as("%s", file)
                .containsExactlyInAnyOrderElementsOf(told.keySet());
        for (TensorShape tensor : found) {
            TensorInfo info =
                    (TensorInfo) Objects.requireNonNull(told.get(tensor.name())).getInfo();
            assertThat(tensor.type().name())
                    .as("type of %s of %s", tensor.name(), file)
                    .isEqualTo(word(info.type));
            // The runtime infers shapes that the file leaves free.
            long[] shape = info.getShape();
            assertThat(tensor.shape())
                    .as("rank of %s of %s", tensor.name(), file)
                    .hasSize(shape.length);
            for (int i = 0; i < shape.length; i++) {
                if (tensor.shape().get(i) >= 0) {
                    assertThat(tensor.shape().get(i))
                            .as("shape %s of %s of %s", Arrays.toString(shape), tensor.name(), file)
                            .isEqualTo(shape[i]);
                }
            }
        }
    }

    private static String word(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> "FLOAT32";
            case DOUBLE -> "FLOAT64";
            default -> type.name().toUpperCase(Locale.ROOT);
        };
    }
}
