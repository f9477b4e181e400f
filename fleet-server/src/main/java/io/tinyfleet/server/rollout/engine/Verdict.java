package io.tinyfleet.server.rollout.engine;

public enum Verdict {
    PASS,
    FAIL,
    /** Too little is known. Never treated as PASS. */
    INSUFFICIENT
}
