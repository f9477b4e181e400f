package io.tinyfleet.agent;

import java.time.Duration;
import java.util.Optional;

/** Whoever started the agent and wants to hear that it runs. Called by the loop's thread; no call waits for long. */
interface Supervisor {
    Supervisor NOBODY = new Supervisor() {
        @Override
        public void ready() {}

        @Override
        public void alive() {}

        @Override
        public void stopping() {}

        @Override
        public Optional<Duration> interval() {
            return Optional.empty();
        }
    };

    /** Started; that does not need a connection. */
    void ready();

    void alive();

    void stopping();

    /** How often {@link #alive} is expected; empty when nobody watches. */
    Optional<Duration> interval();
}
