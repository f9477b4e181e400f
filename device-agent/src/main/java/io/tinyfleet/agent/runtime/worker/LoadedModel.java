package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.agent.runtime.Tensor;
import io.tinyfleet.protocol.v1.TensorSpec;
import java.util.List;

/** A model in native memory. Used by one thread. */
interface LoadedModel extends AutoCloseable {

    List<TensorSpec> inputs();

    List<TensorSpec> outputs();

    /** The answer's buffers belong to the model and are valid until the next call. */
    List<Tensor> infer(List<Tensor> given) throws RefusedException;

    @Override
    void close();
}
