package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.protocol.v1.ModelFormat;
import java.nio.file.Path;

/**
 * TensorFlow Lite on the CPU, one thread, by its C++ interface: the C interface leaves the XNNPACK kernels off, which
 * makes a model eight to thirteen times slower.
 */
final class TfliteInferenceRuntime implements InferenceRuntime {

    @Override
    public boolean runs(ModelFormat format) {
        return format == ModelFormat.TFLITE;
    }

    @Override
    public LoadedModel load(Path model) throws RefusedException {
        try {
            return TfliteModel.load(model);
        } catch (LinkageError e) {
            throw new RefusedException(
                    Refusal.LOAD_FAILED, "TensorFlow Lite cannot be loaded on this machine: " + e.getMessage());
        }
    }
}
