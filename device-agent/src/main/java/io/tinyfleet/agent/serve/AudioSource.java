package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;

/** An endless mono audio stream. */
public non-sealed interface AudioSource extends Source {

    int sampleRateHz();

    /**
     * Puts the next samples, each in -1..1, at an index of a FLOAT32 tensor.
     *
     * @throws SourceStalledException if they did not come for now; what was put is then not to be used
     */
    void read(Tensor target, int offset, int samples) throws IOException;
}
