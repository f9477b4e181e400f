package io.tinyfleet.agent.runtime.worker;

import ai.onnxruntime.OrtEnvironment;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/** Loads one runtime's libraries, prints their version and ends: whether this machine can run it at all. */
public final class LoadRuntime {
    private LoadRuntime() {}

    /** Argument: the runtime's name in releases. Ends with 0 if it loads, 1 and a sentence if not. */
    public static void main(String[] arguments) {
        try {
            System.out.println(version(arguments[0]));
        } catch (LinkageError | RuntimeException e) {
            System.out.println(e.toString().replace('\n', ' '));
            System.exit(1);
        }
    }

    private static String version(String runtime) {
        return switch (runtime) {
            case "onnxruntime" -> OrtEnvironment.getEnvironment().getVersion();
            case "tflite" -> tensorflowlite.TfLiteVersion().getString();
            default -> throw new IllegalArgumentException("there is no runtime " + runtime);
        };
    }
}
