package io.tinyfleet.agent.serve;

import java.io.IOException;

/** Picture after picture, without end. */
public non-sealed interface ImageSource extends Source {

    /**
     * The next picture, valid until the next call.
     *
     * @throws SourceStalledException if none came for now
     */
    Image next() throws IOException;
}
