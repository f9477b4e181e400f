package io.tinyfleet.agent.runtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A model in a worker process. */
final class WorkerModel implements RunningModel {

    private final WorkerProcess worker;

    WorkerModel(WorkerProcess worker) {
        this.worker = worker;
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
        if (inputs.size() > Payloads.MAX_TENSORS) {
            throw new InferenceException(
                    InferenceException.Reason.BAD_INPUT,
                    "a model takes at most " + Payloads.MAX_TENSORS + " tensors, got " + inputs.size());
        }
        try {
            return worker.call(
                    Op.INFER,
                    Payloads.tensorsBytes(inputs),
                    payload -> Payloads.putTensors(payload, inputs),
                    Payloads::copyTensors,
                    deadline);
        } catch (FrameTooLargeException e) {
            throw new InferenceException(InferenceException.Reason.TOO_LARGE, String.valueOf(e.getMessage()));
        } catch (WorkerProcess.RefusedByWorkerException e) {
            throw new InferenceException(reasonOf(e.refusal), String.valueOf(e.getMessage()));
        } catch (WorkerProcess.GoneException e) {
            throw new InferenceException(
                    e.byDeadline ? InferenceException.Reason.DEADLINE : InferenceException.Reason.WORKER_GONE,
                    String.valueOf(e.getMessage()));
        }
    }

    private static InferenceException.Reason reasonOf(Refusal refusal) {
        return switch (refusal) {
            case BAD_INPUT -> InferenceException.Reason.BAD_INPUT;
            case TOO_LARGE -> InferenceException.Reason.TOO_LARGE;
            case MODEL_ERROR, LOAD_FAILED, SELF_TEST_UNREADABLE, SELF_TEST_FAILED, SELF_TEST_TIMEOUT, NOT_LOADED ->
                InferenceException.Reason.MODEL_ERROR;
        };
    }

    @Override
    public WorkerStats stats() {
        return worker.stats();
    }

    @Override
    public long pid() {
        return worker.pid();
    }

    @Override
    public CompletionStage<WorkerExit> exit() {
        return worker.exit();
    }

    @Override
    public void close() {
        worker.close();
    }
}
