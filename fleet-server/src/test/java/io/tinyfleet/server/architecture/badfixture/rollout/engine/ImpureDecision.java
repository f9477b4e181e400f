package io.tinyfleet.server.architecture.badfixture.rollout.engine;

import org.jboss.logging.Logger;

/** Breaks: the engine is pure. */
public final class ImpureDecision {
    public void decide() {
        Logger.getLogger(ImpureDecision.class).info("decided");
    }
}
