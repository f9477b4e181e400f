package io.tinyfleet.agent.runtime;

import java.nio.file.Files;
import java.nio.file.Path;

/** The real models that the build fetches; a folder that is named and lacks one is an error, not a reason to skip. */
public final class RealModels {

    public static final String PROPERTY = "tinyfleet.models";

    private RealModels() {}

    public static Path sileroV5() {
        return get("silero_vad_v5.onnx");
    }

    public static Path sileroV6() {
        return get("silero_vad_v6.onnx");
    }

    public static Path faceDetection() {
        return get("face_detection_short_range.tflite");
    }

    private static Path get(String name) {
        Path model = Path.of(System.getProperty(PROPERTY)).resolve(name);
        if (!Files.isRegularFile(model)) {
            throw new AssertionError("-D" + PROPERTY + " names a folder without " + name + ": " + model);
        }
        return model;
    }
}
