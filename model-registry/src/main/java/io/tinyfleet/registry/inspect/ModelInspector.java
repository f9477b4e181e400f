package io.tinyfleet.registry.inspect;

import io.tinyfleet.protocol.delta.BaseBytes;
import io.tinyfleet.registry.blob.BlobHandle;
import io.tinyfleet.registry.inspect.ModelRefused.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks into a model file (ONNX, TFLite or GGUF, told by its first bytes): in bounded memory, and without running
 * anything in it.
 */
public final class ModelInspector {
    /** The most stored tensors whose places are told. */
    public static final int MAX_LOCATED = 100_000;

    private static final int HEAD_BYTES = 8;

    private ModelInspector() {}

    /**
     * Looks into a file.
     *
     * @throws ModelRefused when it is no model that can be taken
     * @throws IOException when it cannot be read
     */
    public static Inspection inspect(Path file) throws ModelRefused, IOException {
        try (ModelContent content = ModelContent.of(file)) {
            return inspect(content, tensor -> {});
        }
    }

    /**
     * Looks into a blob.
     *
     * @throws ModelRefused when it is no model that can be taken
     * @throws IOException when it cannot be read
     */
    public static Inspection inspect(BlobHandle blob) throws ModelRefused, IOException {
        try (ModelContent content = ModelContent.of(blob)) {
            return inspect(content, tensor -> {});
        }
    }

    /**
     * Where the stored tensors of a file lie, in the order of the file's own table; ONNX tensors that are kept as lists
     * of whole numbers instead of raw bytes are left out, and so is everything behind the first {@link #MAX_LOCATED}.
     *
     * @throws ModelRefused when it is no model that can be taken
     * @throws IOException when it cannot be read
     */
    public static List<TensorLocation> locateTensors(BaseBytes file) throws ModelRefused, IOException {
        List<TensorLocation> located = new ArrayList<>();
        try (ModelContent content = ModelContent.of(file)) {
            inspect(content, tensor -> {
                if (located.size() < MAX_LOCATED) {
                    located.add(tensor);
                }
            });
        }
        return List.copyOf(located);
    }

    private static Inspection inspect(ModelContent content, Consumer<TensorLocation> located)
            throws ModelRefused, IOException {
        if (content.size() == 0) {
            throw new ModelRefused(Code.UNKNOWN_FORMAT, "The file is empty. Upload an ONNX, TFLite or GGUF model.");
        }
        byte[] head = content.read(0, (int) Math.min(HEAD_BYTES, content.size()));
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith(GgufWalk.MAGIC)) {
            return GgufWalk.inspect(content, located);
        }
        if (text.startsWith(TfliteWalk.IDENTIFIER, Integer.BYTES)) {
            return TfliteWalk.inspect(content, located);
        }
        try (InputStream stream = content.open()) {
            return OnnxWalk.inspect(stream, content.size(), located);
        }
    }
}
