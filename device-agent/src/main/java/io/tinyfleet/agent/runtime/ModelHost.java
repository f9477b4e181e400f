package io.tinyfleet.agent.runtime;

import io.tinyfleet.protocol.v1.Runtime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs models in child processes. A bad model ends a child, never the agent. */
public interface ModelHost {

    /**
     * Loads the model in a throw-away child and, if vectors are given, lets it answer them. Blocks until the
     * verdict, at most for the limits. Never throws for a bad model.
     */
    TrialReport trial(ModelFile model, @Nullable SelfTestFile vectors, TrialLimits limits);

    /** Starts a child that holds the model. Blocks until it is loaded. */
    RunningModel start(ModelFile model) throws WorkerException;

    /** As {@link #start}, but whatever else runs on the device comes before it, for processors and for memory. */
    default RunningModel startBehind(ModelFile model) throws WorkerException {
        return start(model);
    }

    /** What this installation can run. */
    List<Runtime> runtimes();
}
