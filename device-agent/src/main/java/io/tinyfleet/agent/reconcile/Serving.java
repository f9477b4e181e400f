package io.tinyfleet.agent.reconcile;

/** What the worker of a slot does right now. Not stored. */
public enum Serving {
    /** No worker, and none wanted yet. */
    STOPPED,
    /** Asked to start, no answer yet. */
    STARTING,
    RUNNING,
    /** Ended by itself; a timer is set to start it again. */
    WAITING
}
