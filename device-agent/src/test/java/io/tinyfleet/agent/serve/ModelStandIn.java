package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Models;
import io.tinyfleet.agent.runtime.RunningModel;
import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.agent.runtime.WorkerExit;
import io.tinyfleet.agent.runtime.WorkerStats;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A model of the recurrent pipeline that answers in this process, and fails if it is used after its end. */
final class ModelStandIn implements RunningModel {

    final AtomicLong calls = new AtomicLong();
    volatile boolean closed;
    volatile boolean usedAfterEnd;
    volatile float score = 0.9f;
    volatile InferenceException.@Nullable Reason failure;

    @Override
    public List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException {
        usedAfterEnd |= closed;
        calls.incrementAndGet();
        InferenceException.Reason reason = failure;
        if (reason != null) {
            throw new InferenceException(reason, "made to fail");
        }
        Tensor state = inputs.get(1);
        usedAfterEnd |= closed;
        return List.of(Models.floats("mean", score), Models.floats("next", state.floatAt(0) + 1, 0));
    }

    @Override
    public WorkerStats stats() {
        return WorkerStats.UNKNOWN;
    }

    @Override
    public long pid() {
        return -1;
    }

    @Override
    public CompletionStage<WorkerExit> exit() {
        return new CompletableFuture<>();
    }

    @Override
    public void close() {
        closed = true;
    }
}
