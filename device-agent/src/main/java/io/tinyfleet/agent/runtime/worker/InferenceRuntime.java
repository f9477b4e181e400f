package io.tinyfleet.agent.runtime.worker;

import io.tinyfleet.protocol.v1.ModelFormat;
import java.nio.file.Path;

/** A library that runs models of some formats. */
interface InferenceRuntime {

    boolean runs(ModelFormat format);

    LoadedModel load(Path model) throws RefusedException;
}
