package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.InferenceException;
import io.tinyfleet.agent.runtime.Tensor;
import java.time.Duration;
import java.util.List;

/**
 * The model that answered in a slot when it was taken. It stays loaded until it is given back with {@link #close},
 * whatever is activated meanwhile: so each answer is the answer of one model, and no call is lost to a switch. Take one
 * for each inference, or for a few that belong together, and give it back at once: a switch waits for nobody, but the
 * memory of the old model does.
 */
public interface TakenModel extends AutoCloseable {

    /** Whose answers these are. */
    ActiveModel model();

    /** One inference, counted in the slot's telemetry window as one without a score. */
    List<Tensor> infer(List<Tensor> inputs, Duration deadline) throws InferenceException;

    @Override
    void close();
}
