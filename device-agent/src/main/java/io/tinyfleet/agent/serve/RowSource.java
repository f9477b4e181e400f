package io.tinyfleet.agent.serve;

import java.io.IOException;

/** Row after row of numbers, without end: readings of sensors. */
public non-sealed interface RowSource extends Source {

    /**
     * The next row.
     *
     * @throws SourceStalledException if none came for now
     */
    float[] next() throws IOException;
}
