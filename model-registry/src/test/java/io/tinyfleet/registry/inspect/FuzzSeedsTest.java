package io.tinyfleet.registry.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.tinyfleet.registry.GgufBytes;
import io.tinyfleet.registry.OnnxBytes;
import io.tinyfleet.registry.TfliteBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The committed seeds are sound models, and what the writers here write. {@code -Dfuzz.seeds.write=true} writes them
 * anew.
 */
class FuzzSeedsTest {
    private static final Path FOLDER = Path.of("src/test/resources/fuzz");

    @Test
    void seeds_are_sound_models_of_the_writers() throws Exception {
        for (Map.Entry<String, byte[]> seed : seeds().entrySet()) {
            Path file = FOLDER.resolve(seed.getKey());
            if (Boolean.getBoolean("fuzz.seeds.write")) {
                Files.createDirectories(FOLDER);
                Files.write(file, seed.getValue());
            }
            assertThat(Files.readAllBytes(file)).as(seed.getKey()).isEqualTo(seed.getValue());
            assertThat(ModelInspector.inspect(file).parameterBytes()).isNotNegative();
        }
    }

    private static Map<String, byte[]> seeds() throws IOException {
        byte[] branch = OnnxBytes.node("Mul", OnnxBytes.text(1, "x"));
        TfliteBytes chain = new TfliteBytes()
                .kind(TfliteBytes.RELU)
                .tensor(TfliteBytes.Tensor.computed("a", TfliteBytes.FLOAT32, 8))
                .tensor(TfliteBytes.Tensor.computed("b", TfliteBytes.FLOAT32, 8))
                .tensor(TfliteBytes.Tensor.computed("c", TfliteBytes.FLOAT32, 8))
                .operator(0, new int[] {0}, 1)
                .operator(0, new int[] {1}, 2)
                .ends(new int[] {0}, 2);
        GgufBytes aligned = new GgufBytes()
                .alignment(64)
                .text("general.architecture", "llama")
                .texts("tokenizer.ggml.tokens", "a", "b")
                .tensor("a", GgufBytes.F32, new byte[16], 2, 2);
        return Map.of(
                "add.onnx", OnnxBytes.addModel(),
                "if.onnx",
                        OnnxBytes.model(OnnxBytes.join(
                                OnnxBytes.addGraph(), OnnxBytes.node("If", OnnxBytes.body("then_branch", branch)))),
                "int8-layer.tflite", TfliteBytes.int8Layer().bytes(),
                "relu-chain.tflite", chain.bytes(),
                "tiny.gguf", GgufBytes.tiny().bytes(),
                "aligned.gguf", aligned.bytes());
    }
}
