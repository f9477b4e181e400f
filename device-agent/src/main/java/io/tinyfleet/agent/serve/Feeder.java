package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;
import java.util.List;

/** The first half of a pipeline: takes the next input from a source and makes tensors of it. */
interface Feeder {

    /** Valid until the next call. */
    List<Tensor> next() throws IOException;

    /** How much time of recorded input one inference takes; 0 if one follows the other. */
    long frameNanos();

    /** See {@link SlotPipeline#memory()}. */
    int memory();
}
