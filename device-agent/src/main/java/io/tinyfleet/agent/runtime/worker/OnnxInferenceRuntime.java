package io.tinyfleet.agent.runtime.worker;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.tinyfleet.agent.runtime.Refusal;
import io.tinyfleet.protocol.v1.ModelFormat;
import java.nio.file.Path;

/** ONNX Runtime on the CPU, one thread, no spinning: spinning burns battery and falsifies CPU-time energy. */
final class OnnxInferenceRuntime implements InferenceRuntime {

    @Override
    public boolean runs(ModelFormat format) {
        return format == ModelFormat.ONNX;
    }

    @Override
    public LoadedModel load(Path model) throws RefusedException {
        OrtEnvironment environment =
                OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "tinyfleet");
        try (OrtSession.SessionOptions options = sessionOptions()) {
            return OnnxModel.of(environment, environment.createSession(model.toString(), options));
        } catch (OrtException e) {
            throw new RefusedException(
                    Refusal.LOAD_FAILED, "ONNX Runtime cannot load the model: " + Sentences.firstOf(e));
        }
    }

    private static OrtSession.SessionOptions sessionOptions() throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.setCPUArenaAllocator(false);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        options.addConfigEntry("session.inter_op.allow_spinning", "0");
        return options;
    }
}
