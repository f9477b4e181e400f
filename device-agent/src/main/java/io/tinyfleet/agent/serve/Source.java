package io.tinyfleet.agent.serve;

import java.io.IOException;

/** Where a slot's input comes from. Read by one thread; {@link #close} may come from another and ends a read under way. */
public sealed interface Source extends AutoCloseable permits AudioSource, ImageSource, RowSource {

    /** Goes into telemetry as the window's source. */
    String name();

    /** Whether input comes when it comes; recorded input is played at the slot's pace. */
    default boolean live() {
        return false;
    }

    /** How many frames came and were thrown away because nobody took them in time, since the source was opened. */
    default long dropped() {
        return 0;
    }

    /** How many frames came and could not be read, since the source was opened. */
    default long unusable() {
        return 0;
    }

    @Override
    void close() throws IOException;
}
