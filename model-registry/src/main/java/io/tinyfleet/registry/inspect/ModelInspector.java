package io.tinyfleet.registry.inspect;

import io.tinyfleet.registry.blob.BlobHandle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks into a model file: streaming, in constant memory, and without running anything in it. */
public final class ModelInspector {
    private ModelInspector() {}

    /**
     * Looks into a file.
     *
     * @throws ModelRefused when it is no model that can be taken
     * @throws IOException when it cannot be read
     */
    public static Inspection inspect(Path file) throws ModelRefused, IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return OnnxWalk.inspect(content, Files.size(file));
        }
    }

    /**
     * Looks into a blob.
     *
     * @throws ModelRefused when it is no model that can be taken
     * @throws IOException when it cannot be read
     */
    public static Inspection inspect(BlobHandle blob) throws ModelRefused, IOException {
        try (InputStream content = blob.open()) {
            return OnnxWalk.inspect(content, blob.size());
        }
    }
}
