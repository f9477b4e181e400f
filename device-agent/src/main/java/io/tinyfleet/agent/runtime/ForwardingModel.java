package io.tinyfleet.agent.runtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Another model with something about it changed: a subclass says what. */
public abstract class ForwardingModel implements RunningModel {
    private final RunningModel model;

    protected ForwardingModel(RunningModel model) {
        this.model = model;
    }

    protected final RunningModel model() {
        return model;
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
        return model.infer(inputs, deadline);
    }

    @Override
    public final WorkerStats stats() {
        return model.stats();
    }

    @Override
    public final long pid() {
        return model.pid();
    }

    @Override
    public final CompletionStage<WorkerExit> exit() {
        return model.exit();
    }

    @Override
    public void close() {
        model.close();
    }
}
