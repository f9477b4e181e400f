package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.runtime.Tensor;
import java.io.IOException;

/** An endless mono audio stream. Read by one thread. */
public interface AudioSource extends AutoCloseable {

    /** Goes into telemetry as the window's source. */
    String name();

    int sampleRateHz();

    /** Puts the next samples, each in -1..1, at an index of a FLOAT32 tensor. */
    void read(Tensor target, int offset, int samples) throws IOException;

    @Override
    void close() throws IOException;
}
