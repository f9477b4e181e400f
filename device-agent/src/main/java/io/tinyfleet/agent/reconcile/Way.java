package io.tinyfleet.agent.reconcile;

import java.time.Duration;

/** How chunks come. */
public enum Way {
    /** On the device's own topic, a window at a time. */
    OWN(3),
    /** The subscription to the blob's topic is on its way. */
    JOINING(10),
    /** On the blob's topic, for all who want it: the server gathers needs for two seconds first. */
    SHARED(6),
    /** A link was asked for. */
    LINK_ASKED(5),
    /** By HTTPS under a link; the fetch has shorter limits of its own. */
    LINK(120),
    /** Nothing is asked for: the link is metered and the model too large for it. */
    WAITING(3600);

    private final Duration patience;

    Way(int patienceSeconds) {
        this.patience = Duration.ofSeconds(patienceSeconds);
    }

    /** First wait for what was asked for; doubles with each silent round. */
    Duration patience() {
        return patience;
    }

    /** Whether the blob's topic is subscribed to, or about to be. */
    boolean listens() {
        return this == JOINING || this == SHARED;
    }
}
