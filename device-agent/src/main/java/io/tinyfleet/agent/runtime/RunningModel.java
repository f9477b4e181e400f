package io.tinyfleet.agent.runtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A model loaded in a child process. Any thread may call; calls wait for one another. */
public interface RunningModel extends AutoCloseable {

    /**
     * One inference. The answer belongs to the caller.
     * A call that misses its deadline kills the child.
     */
    List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException;

    /** What the child has used so far; the last reading once it is gone. */
    WorkerStats stats();

    long pid();

    /** Completes once, when the child is gone, with the reason. */
    CompletionStage<WorkerExit> exit();

    /** Asks the child to stop and returns at once; one that does not obey is killed. */
    @Override
    void close();
}
